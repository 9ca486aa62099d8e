import { defineConfig } from 'vite';
import { player } from './player/plugin.mjs';

export default defineConfig({
  // So that the build can be put into any folder of a web server.
  base: './',
  plugins: [player()],
  // TensorFlow.js is 1.5 MB of the script; it is what the page is for.
  build: { chunkSizeWarningLimit: 4_000 },
  // In this repository the package lies outside node_modules, where Vite would serve its CommonJS file as it is.
  optimizeDeps: { include: ['resnet-heads', 'resnet-heads/plan'] },
  // In this repository the package and its dependencies lie above this folder.
  server: { fs: { allow: ['../..'] } },
});
