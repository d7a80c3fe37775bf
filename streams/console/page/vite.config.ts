import { defineConfig } from "vite";

// The bundle is committed beside the server, so that running Clearway needs no Node.
export default defineConfig({
  base: "/static/",
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
