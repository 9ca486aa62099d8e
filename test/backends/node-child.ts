import * as tf from '@tensorflow/tfjs';
import { loadTfjsNode, loadWebgpu } from 'resnet-heads';
import { nodeSurroundings } from '../setup/surroundings';
import { cases, TOLERANCES } from './conformance';
import { runCases } from './conformance/case';
import { nodeCases } from './node-cases';

// Runs the cases on one backend, in a process of its own; a line of JSON for its details, and for each result.
const [, , backend = '', only = ''] = process.argv;
const tell = (line: object) => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

if (backend === 'wasm') await import('@tensorflow/tfjs-backend-wasm');
if (backend === 'tensorflow') await loadTfjsNode();
const device = backend === 'webgpu' ? { device: await loadWebgpu() } : {};
// Keeps the cpu backend from advertising tfjs-node.
tf.env().set('PROD', true);
if (!(await tf.setBackend(backend))) throw new Error(`${backend} does not start here`);
tell({ node: process.version, tfjs: tf.version.tfjs, ...device });
const chosen = [...cases, ...nodeCases(backend)].filter(({ name }) => name.includes(only));
await runCases(chosen, TOLERANCES[backend] ?? 0, nodeSurroundings(), tell);
