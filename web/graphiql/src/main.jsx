// GraphiQL over this server's /graphql: queries by POST, subscriptions by graphql-transport-ws on the same path.
import "./workers.js";
import "graphiql/style.css";
import "./page.css";

import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { Kind, parse } from "graphql";
import { createClient } from "graphql-ws";
import { createRoot } from "react-dom/client";

import { defaultQuery, defaultTabs } from "./examples.js";

const url = new URL("/graphql", location.href);
const socketUrl = new URL(url);
socketUrl.protocol = url.protocol === "https:" ? "wss:" : "ws:";

const send = createGraphiQLFetcher({
  url: url.href,
  wsClient: createClient({ url: socketUrl.href, lazy: true }),
});

// GraphiQL reads what was written a moment later; until then it would send the new text with the old one's operation.
function fetcher(params, options) {
  let documentAST;
  try {
    documentAST = parse(params.query);
  } catch {
    return send({ ...params, operationName: undefined }, options); // the server says what is wrong
  }
  const names = documentAST.definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION).map((one) => one.name?.value);
  const operationName = names.includes(params.operationName) ? params.operationName : names[0];
  return send({ ...params, operationName }, { ...options, documentAST });
}

createRoot(document.getElementById("graphiql")).render(
  <GraphiQL
    fetcher={fetcher}
    defaultQuery={defaultQuery}
    defaultTabs={defaultTabs}
    defaultEditorToolsVisibility={false}
    defaultHeaders=""
    shouldPersistHeaders={false}
  >
    <GraphiQL.Logo>seggql</GraphiQL.Logo>
  </GraphiQL>,
);
