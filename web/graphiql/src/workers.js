// The editor's workers, from this server: without them, Monaco would run its languages on the page's own thread.
const WORKERS = { json: "json.worker.js", graphql: "graphql.worker.js" };

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) => new Worker(new URL(WORKERS[label] ?? "editor.worker.js", import.meta.url)),
};
