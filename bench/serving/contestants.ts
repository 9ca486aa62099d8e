import { join } from 'node:path';
import type autocannon from 'autocannon';
import { type Classification, type Classifier, exportOnnx } from 'resnet-heads';
import { connect } from '../../examples/serving/client.js';
import { decodePixels } from '../../examples/serving/pixels.js';
import { encodeRequest, tensorInfo } from '../../examples/serving/protocol.js';
import { writeTritonFolder } from '../../examples/serving/triton-folder.js';
import {
  type Running,
  startRay,
  startService,
  startTriton,
} from '../../scripts/serving/servers.js';

export interface Contestant {
  readonly name: string;
  readonly batching: 'none' | 'off' | 'on';
  readonly server: Running;
  /** One for each picture. */
  readonly requests: readonly autocannon.Request[];
  /** All classes of a picture. */
  readonly classify: (picture: Buffer) => Promise<readonly Classification[]>;
}

const MODEL = 'classifier';

/** The most requests that batching gathers, and milliseconds that one waits for others. */
const [MAX_BATCH, WAIT_MS] = [16, 5];

function ownService(server: Running, pictures: readonly Buffer[]): Contestant {
  return {
    ...{ name: 'examples/service', batching: 'none', server },
    requests: pictures.map((body) => ({ method: 'POST', path: '/classify', body })),
    classify: async (picture) => {
      const body = new Uint8Array(picture);
      const response = await fetch(`${server.address}/classify`, { method: 'POST', body });
      return ((await response.json()) as { readonly classes: readonly Classification[] }).classes;
    },
  };
}

async function served(
  name: string,
  batching: 'off' | 'on',
  server: Running,
  pictures: readonly Buffer[],
): Promise<Contestant> {
  const { classify, inputSize } = await connect(server.address, MODEL);
  const path = `/v2/models/${MODEL}`;
  const described = (await (await fetch(`${server.address}${path}`)).json()) as {
    readonly inputs: readonly unknown[];
    readonly outputs: readonly unknown[];
  };
  const [input, output] = [tensorInfo(described.inputs[0]), tensorInfo(described.outputs[0])];
  const requests = await Promise.all(
    pictures.map(async (picture) => {
      const pixels = await decodePixels(picture, inputSize);
      const one = { ...input, shape: [1, ...inputSize, 3] };
      return {
        method: 'POST',
        path: `${path}/infer`,
        ...encodeRequest(one, output.name, pixels),
      } as const;
    }),
  );
  return { name, batching, server, requests, classify };
}

/**
 * Starts all servers of a classifier.
 *
 * @param running takes each server as it is started, for the caller to stop
 * @param atOnce the most clients
 */
export async function startAll(
  classifier: Classifier,
  folder: string,
  pictures: readonly Buffer[],
  atOnce: number,
  running: Running[],
): Promise<readonly Contestant[]> {
  const track = (server: Running): Running => {
    running.push(server);
    return server;
  };
  const [saved, file] = [join(folder, 'classifier'), join(folder, 'model.onnx')];
  await classifier.save(saved);
  await exportOnnx(classifier, file, { input: 'pixels' });
  const limits = ['--max-at-once', '--max-per-address'].flatMap((name) => [name, String(atOnce)]);
  const contestants = [ownService(track(await startService(saved, ...limits)), pictures)];
  for (const [batching, maxBatch] of [
    ['off', 1],
    ['on', MAX_BATCH],
  ] as const) {
    const options = ['--max-batch', String(maxBatch), '--wait-ms', String(WAIT_MS)];
    const ray = track(await startRay(file, MODEL, ...options));
    contestants.push(await served('Ray Serve', batching, ray, pictures));
    const models = join(folder, `triton-${batching}`);
    await writeTritonFolder(classifier, models, {
      ...{ name: MODEL, version: 1, maxBatch, waitMs: WAIT_MS },
    });
    const triton = track(await startTriton(models));
    contestants.push(await served('Triton', batching, triton, pictures));
  }
  return contestants;
}
