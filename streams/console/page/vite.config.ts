import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

const SHARED = "../../../incidents/shipped/seen_words.json";

/** Writes the digest of each source beside the bundle, so that a test can tell whether it is of today's. */
function madeOf(): Plugin {
  return {
    name: "made-of",
    apply: "build",
    generateBundle() {
      const within = readdirSync("src", { recursive: true, encoding: "utf8" }).map((name) => `src/${name}`);
      const files = [...within, ...readdirSync("."), SHARED]
        .filter((name) => /\.(ts|css|html|json)$/.test(name) && !name.endsWith(".test.ts"))
        .sort();
      const lines = files.map((name) => `${createHash("sha256").update(readFileSync(name)).digest("hex")}  ${name}\n`);
      this.emitFile({ type: "asset", fileName: "made-of.txt", source: lines.join("") });
    },
  };
}

// The bundle is committed beside the server, so that running Clearway needs no Node.
export default defineConfig({
  base: "/static/",
  plugins: [madeOf()],
  build: {
    outDir: "../static",
    emptyOutDir: true,
    target: "es2022",
    chunkSizeWarningLimit: 2000,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: ["index.html", "login.html", "handover.html", "patrol.html"],
      output: {
        // The names hold what is in the files, so that browsers may keep them for good.
        entryFileNames: "assets/[name]-[hash].js",
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
  worker: {
    format: "es",
    rolldownOptions: { output: { entryFileNames: "assets/[name]-[hash].js" } },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8600", "/health": "http://127.0.0.1:8600" } },
});
