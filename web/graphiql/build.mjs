// Bundles the page into the folder given as the only argument: one script, one style sheet, three workers.
import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";

const outdir = process.argv[2];
if (!outdir) {
  console.error("usage: node build.mjs FOLDER");
  process.exit(2);
}

const shared = {
  outdir,
  bundle: true,
  minify: true,
  target: "es2022",
  legalComments: "none",
  logLevel: "warning",
  define: { "process.env.NODE_ENV": '"production"' },
};

await rm(outdir, { recursive: true, force: true });
await build({
  ...shared,
  entryPoints: { main: "src/main.jsx" },
  format: "esm",
  splitting: true,
  jsx: "automatic",
  assetNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  loader: { ".graphql": "text", ".ttf": "file", ".woff2": "file" },
});
await build({
  ...shared,
  entryPoints: {
    "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
    "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
    "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
  },
  format: "iife",
});
await copyFile("index.html", join(outdir, "index.html"));
