import sharp from 'sharp';
import { connect, type ConnectOptions } from '../../../examples/serving/client';
import { answered, configured, DESCRIBED, type Reply, Stub } from './stub';

const CLASSES = ['daisy', 'rose', 'tulip'];
const PIXELS = Uint8Array.from({ length: 18 }, (_, i) => i);

const stubs: Stub[] = [];
afterEach(async () => {
  for (const stub of stubs.splice(0)) await stub.close();
});

interface Rules {
  readonly described?: Reply;
  readonly config?: Reply;
  readonly infer?: Reply | Promise<Reply>;
}

/** A server with one model, `flowers`; what isn't given is as it should be. */
async function serve({ described, config, infer }: Rules = {}) {
  const stub = new Stub(({ url }) => {
    if (url === '/v2/models/flowers') return described ?? { body: DESCRIBED };
    if (url === '/v2/models/flowers/config') {
      return config ?? { body: configured({ classes: CLASSES }) };
    }
    if (url === '/v2/models/flowers/infer') return infer ?? answered([0.2, 0.7, 0.1]);
    return { status: 404, body: { error: "Request for unknown model: 'x' is not found" } };
  });
  stubs.push(stub);
  return { stub, address: await stub.listen() };
}

const ask = async (rules: Rules, options: ConnectOptions = {}) => {
  const { address } = await serve(rules);
  const classifier = await connect(address, 'flowers', options);
  return classifier.classifyPixels(PIXELS);
};

it('sends pixels as bytes, and names the scores, the most likely first', async () => {
  const { stub, address } = await serve();
  const classifier = await connect(`${address}/`, 'flowers');
  expect([classifier.classes, classifier.inputSize]).toEqual([CLASSES, [2, 3]]);
  expect(await classifier.classifyPixels(PIXELS)).toEqual([
    { className: 'rose', probability: Math.fround(0.7) },
    { className: 'daisy', probability: Math.fround(0.2) },
    { className: 'tulip', probability: Math.fround(0.1) },
  ]);

  const { headers, body } = stub.received.at(-1)!;
  const end = Number(headers['inference-header-content-length']);
  expect(headers['content-type']).toBe('application/octet-stream');
  expect(JSON.parse(body.toString('utf8', 0, end))).toEqual({
    inputs: [
      {
        name: 'pixels',
        datatype: 'UINT8',
        shape: [1, 2, 3, 3],
        parameters: { binary_data_size: 18 },
      },
    ],
    outputs: [{ name: 'predictions', parameters: { binary_data: true } }],
  });
  expect([...body.subarray(end)]).toEqual([...PIXELS]);
});

it('decodes files to the size that the server takes', async () => {
  const { stub, address } = await serve();
  const white = { width: 30, height: 20, channels: 3, background: '#fff' } as const;
  const classifier = await connect(address, 'flowers');
  await classifier.classify(await sharp({ create: white }).png().toBuffer());
  expect([...stub.received.at(-1)!.body.subarray(-18)]).toEqual(Array(18).fill(255));
});

it('says which labels are present if the classifier has thresholds', async () => {
  const config = { body: configured({ classes: CLASSES, thresholds: [0.5, 0.9, 0.1] }) };
  expect(await ask({ config, infer: answered([0.6, 0.8, 0.2]) })).toMatchObject([
    { className: 'rose', present: false },
    { className: 'daisy', present: true },
    { className: 'tulip', present: true },
  ]);
});

it('averages a map of scores', async () => {
  const infer = answered([1, 0, 0, 0.5, 0.5, 0], [1, 1, 2, 3]);
  expect(await ask({ infer })).toEqual([
    { className: 'daisy', probability: 0.75 },
    { className: 'rose', probability: 0.25 },
    { className: 'tulip', probability: 0 },
  ]);
});

it('says that no server is there', async () => {
  const { stub, address } = await serve();
  await stub.close();
  stubs.pop();
  await expect(connect(address, 'flowers')).rejects.toThrow(
    /^http:\S+\/v2\/models\/flowers: expected an answer, got .*ECONNREFUSED.*; start the server, or check its address$/,
  );
});

it("passes on the server's refusals", async () => {
  const { address } = await serve();
  await expect(connect(address, 'x')).rejects.toThrow(
    `${address}/v2/models/x: expected status 200, got 404: Request for unknown model: 'x' is not found`,
  );
  await expect(ask({ infer: { status: 503, body: 'overloaded\n' } })).rejects.toThrow(
    /\/infer: expected status 200, got 503: overloaded$/,
  );
});

it('gives up on a server that does not answer', async () => {
  let release = (): void => undefined;
  const infer = new Promise<Reply>((resolve) => {
    release = () => {
      resolve(answered([1, 0, 0]));
    };
  });
  await expect(ask({ infer }, { timeoutMs: 200 })).rejects.toThrow(
    /\/infer: expected an answer, got none in 200 ms; retry, or raise timeoutMs$/,
  );
  release();
});

it('refuses pixels of another size', async () => {
  const { address } = await serve();
  const classifier = await connect(address, 'flowers');
  await expect(classifier.classifyPixels(PIXELS.subarray(1))).rejects.toThrow(
    'pixels: expected 18 bytes, 2 × 3 × 3, got 17',
  );
});

const [input] = DESCRIBED.inputs;
const described = (changed: object): Reply => ({
  body: { ...DESCRIBED, inputs: [{ ...input, ...changed }] },
});

it.each<[string, Rules, RegExp]>([
  [
    'a page',
    { described: { body: '<html>' } },
    /flowers: expected JSON, got something else; is it a server of the Open Inference Protocol\?$/,
  ],
  [
    'another description',
    { described: { body: { name: 'flowers' } } },
    /flowers: tensor: expected name, datatype and shape, got undefined$/,
  ],
  [
    'preprocessed images as input',
    { described: described({ datatype: 'FP32' }) },
    /flowers: input: expected UINT8, \[n, height, width, 3\], got FP32, \[-1, 2, 3, 3\]; export the classifier with --input pixels$/,
  ],
  [
    'channels first',
    { described: described({ shape: [-1, 3, 2, 3, 1] }) },
    /flowers: input: expected UINT8, \[n, height, width, 3\], got UINT8, \[-1, 3, 2, 3, 1\];/,
  ],
  [
    'no class names',
    { config: { body: {} } },
    /config: expected parameters\.classes, a list of class names as JSON, got none; write the model folder with folders\.ts$/,
  ],
  [
    'other classes than scores',
    { infer: answered([0.5, 0.5]) },
    /infer: output: expected 3 scores, one per class, got 2$/,
  ],
  [
    'logits',
    { infer: answered([-3, 4, 1]) },
    /infer: output: expected probabilities from 0 to 1, got other numbers; the head must end in softmax or sigmoid$/,
  ],
  [
    'numbers in JSON',
    { infer: { body: { outputs: [{ name: 'predictions', datatype: 'FP32', shape: [1, 3] }] } } },
    /infer: answer: expected the header inference-header-content-length, got none$/,
  ],
  [
    'fewer bytes than announced',
    { infer: answered([0.5, 0.5], [1, 3]) },
    /infer: output: expected FP32 and 12 bytes after the JSON, got FP32 and 8 bytes$/,
  ],
])('refuses a server that gives %s', async (_, rules, message) => {
  await expect(ask(rules)).rejects.toThrow(message);
  await expect(ask(rules)).rejects.toMatchObject({ name: 'ServingError' });
});
