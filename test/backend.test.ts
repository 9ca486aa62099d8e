import * as tf from '@tensorflow/tfjs';
import { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu';
import { backendPackages, useFastestBackend } from '../src/backend';

/** What Node would provide; these tests say themselves which backends there are. */
const provide = (loadFastest: () => Promise<void>) => {
  backendPackages.provide({
    loadFastest,
    loadTfjsNode: () => Promise.reject(new Error('not asked for')),
    loadWebgpu: () => Promise.reject(new Error('not asked for')),
  });
};

beforeEach(async () => {
  await tf.setBackend('cpu');
  for (const name of ['tensorflow', 'webgl', 'wasm']) {
    if ((tf.findBackendFactory(name) as unknown) !== null) tf.removeBackend(name);
  }
});

describe('useFastestBackend', () => {
  it('is plain JavaScript where there is nothing else', async () => {
    provide(() => Promise.resolve());
    expect(await useFastestBackend()).toBe('cpu');
    expect(tf.getBackend()).toBe('cpu');
  });

  it('sets the fastest that Node loads', async () => {
    provide(() => {
      for (const name of ['wasm', 'tensorflow']) {
        tf.registerBackend(name, () => new MathBackendCPU());
      }
      return Promise.resolve();
    });
    expect(await useFastestBackend()).toBe('tensorflow');
    expect(tf.getBackend()).toBe('tensorflow');
  });

  it('goes on with the next where one does not start', async () => {
    provide(() => {
      tf.registerBackend('tensorflow', () => Promise.reject(new Error('no library')));
      tf.registerBackend('wasm', () => new MathBackendCPU());
      return Promise.resolve();
    });
    expect(await useFastestBackend()).toBe('wasm');
  });

  it('leaves WebGL aside where there is no graphics card, as in Node', async () => {
    provide(() => {
      tf.registerBackend('webgl', () => new MathBackendCPU());
      return Promise.resolve();
    });
    expect(await useFastestBackend()).toBe('cpu');
  });
});
