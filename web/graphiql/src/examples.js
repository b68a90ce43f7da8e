// The tabs of a first visit; `tests/graphql/test_examples.py` holds them to the schema.
import members from "../examples/members.graphql";
import preview from "../examples/preview.graphql";
import segment from "../examples/segment.graphql";
import watch from "../examples/watch.graphql";
import welcome from "../examples/welcome.graphql";

export const defaultQuery = welcome;
export const defaultTabs = [welcome, preview, segment, members, watch].map((query) => ({ query }));
