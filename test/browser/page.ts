import * as tf from '@tensorflow/tfjs';
import { type Result, runCases, type Surroundings } from '../backends/conformance/case';
import { cases, TOLERANCES } from '../backends/conformance/index';
import { pageCases } from './cases';
import { onnxCases } from './onnx-cases';
import { startBackend } from './start-backend';

declare global {
  interface Window {
    /** Given by the runner, which listens. */
    report: (message: PageReport) => Promise<void>;
  }
}

/** What a page tells the runner, in this order. */
export type PageReport =
  | { readonly kind: 'started'; readonly backend: string; readonly details: object }
  | { readonly kind: 'case'; readonly result: Result }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly message: string };

async function get(path: string): Promise<Response> {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`${path}: status ${response.status}`);
  return response;
}

const surroundings = async (): Promise<Surroundings> => ({
  read: async (name) => new Uint8Array(await (await get(`weights/${name}`)).arrayBuffer()),
  topologies: (await (await get('topologies.json')).json()) as Surroundings['topologies'],
});

async function run(): Promise<void> {
  const asked = new URLSearchParams(location.search);
  const backend = asked.get('backend') ?? 'webgl';
  const only = asked.get('only') ?? '';
  const details = await startBackend(backend);
  await window.report({ kind: 'started', backend: tf.getBackend(), details });
  const chosen = [...cases, ...pageCases, ...onnxCases(backend)].filter(({ name }) =>
    name.includes(only),
  );
  await runCases(chosen, TOLERANCES[backend] ?? 0, await surroundings(), (result) => {
    void window.report({ kind: 'case', result });
  });
  await window.report({ kind: 'done' });
}

run().catch((error: unknown) =>
  window.report({
    kind: 'failed',
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
  }),
);
