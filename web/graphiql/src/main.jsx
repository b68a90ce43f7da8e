// GraphiQL over this server's /graphql: queries by POST, subscriptions by graphql-transport-ws on the same path.
import "./workers.js";
import "graphiql/style.css";
import "./page.css";

import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createClient } from "graphql-ws";
import { createRoot } from "react-dom/client";

import { defaultQuery, defaultTabs } from "./examples.js";

const url = new URL("/graphql", location.href);
const socketUrl = new URL(url);
socketUrl.protocol = url.protocol === "https:" ? "wss:" : "ws:";

const fetcher = createGraphiQLFetcher({
  url: url.href,
  wsClient: createClient({ url: socketUrl.href, lazy: true }),
});

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
