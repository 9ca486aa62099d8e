import os from 'node:os';
import { loadRuntime } from '../../../src/node/engine/onnxruntime';
import { createSession } from '../../../src/onnxruntime/engine';
import type { OnnxRuntime } from '../../../src/onnxruntime/runtime';

afterEach(() => {
  jest.restoreAllMocks();
});

function onMachine(cores: number, own: number): void {
  const all = Array.from({ length: cores }, () => os.cpus()).flat();
  jest.spyOn(os, 'cpus').mockReturnValue(all.slice(0, cores));
  jest.spyOn(os, 'availableParallelism').mockReturnValue(own);
}

/** The options that a session is created with. */
async function optionsHere(): Promise<object> {
  const create = jest.fn().mockResolvedValue({});
  const installed = await loadRuntime();
  const runtime = { ...installed.runtime, InferenceSession: { create } } as unknown as OnnxRuntime;
  await createSession({ ...installed, runtime }, 'onnxruntime', 'file.onnx');
  return (create.mock.calls as [string, object][])[0]?.[1] ?? {};
}

describe('the threads of ONNX Runtime in Node', () => {
  it('are as many as the cores that the process may use, if these are not all', async () => {
    onMachine(64, 2);
    await expect(optionsHere()).resolves.toMatchObject({ intraOpNumThreads: 2 });
  });

  it('are left to ONNX Runtime if the process may use all cores', async () => {
    onMachine(64, 64);
    await expect(optionsHere()).resolves.not.toHaveProperty('intraOpNumThreads');
  });
});
