import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const SCRIPTS = join(__dirname, '../../scripts');

/** What a function of a script gives; in a process of its own, since jest loads no ES modules. */
function call(script: string, name: string, args: readonly unknown[], env = process.env): unknown {
  const url = pathToFileURL(join(SCRIPTS, 'native', script)).href;
  const program = `
    const { ${name} } = await import(${JSON.stringify(url)});
    console.log(JSON.stringify(${name}(...${JSON.stringify(args)})));`;
  const options = { encoding: 'utf8', env } as const;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], options);
  return JSON.parse(stdout);
}

const METADATA = `Metadata-Version: 2.4
Name: tensorflow
Requires-Dist: numpy>=1.26.0
Requires-Dist: protobuf<8.0.0,>=6.31.1; python_version > "3"
Provides-Extra: and-cuda
Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"
Requires-Dist: nvidia-nccl-cu12<3.0,>=2.27.7 ; extra == 'and-cuda'
Requires-Dist: tensorflow-io-gcs-filesystem==0.23.1; extra == "gcs-filesystem"

# extra == "and-cuda"
`;

describe('requirementsOf', () => {
  it('lists what stands under one extra, and nothing else', () => {
    expect(call('cuda.mjs', 'requirementsOf', [METADATA, 'and-cuda'])).toEqual([
      'nvidia-cublas-cu12<13.0,>=12.5.3.2',
      'nvidia-nccl-cu12<3.0,>=2.27.7',
    ]);
    expect(call('cuda.mjs', 'requirementsOf', [METADATA, 'cuda'])).toEqual([]);
  });
});

describe('cudaFolders', () => {
  it('lists the packages’ folders of libraries, and none where nothing was fetched', () => {
    const cache = mkdtempSync(join(tmpdir(), 'cuda-'));
    try {
      const env = { ...process.env, XDG_CACHE_HOME: cache };
      expect(call('cuda.mjs', 'cudaFolders', ['1.2.3'], env)).toEqual([]);
      const packages = join(cache, 'resnet-heads/cuda/tf1.2.3/nvidia');
      mkdirSync(join(packages, 'cudnn/lib'), { recursive: true });
      mkdirSync(join(packages, 'cuda_nvcc/bin'), { recursive: true });
      const found = call('cuda.mjs', 'cudaFolders', ['1.2.3'], env);
      expect(found).toEqual([join(packages, 'cudnn/lib')]);
    } finally {
      rmSync(cache, { recursive: true });
    }
  });
});

describe('the search for GPUs', () => {
  it('reads their names from nvidia-smi -L', () => {
    const listing = [
      'GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-5d5ba0d6-d33d-2b2c-524d-9e3d8d2b8a77)',
      '  MIG 1g.5gb      Device  0: (UUID: MIG-c6d4f1ef-42e4-5de3-91c7-45d71c87eb3f)',
      'GPU 1: NVIDIA GeForce RTX 2080 (Mobile) (UUID: GPU-aaaaaaaa-d33d-2b2c-524d-9e3d8d2b8a77)',
    ].join('\n');
    expect(call('gpus.mjs', 'gpusIn', [listing])).toEqual([
      'NVIDIA A100-SXM4-40GB',
      'NVIDIA GeForce RTX 2080 (Mobile)',
    ]);
    const failed = 'NVIDIA-SMI has failed because it couldn’t communicate with the NVIDIA driver.';
    expect(call('gpus.mjs', 'gpusIn', [failed])).toEqual([]);
  });

  it('takes the devices of GPUs in /dev, and not those of the driver', () => {
    const names = ['null', 'nvidia0', 'nvidia12', 'nvidiactl', 'nvidia-uvm', 'nvidia-caps'];
    expect(call('gpus.mjs', 'devicesIn', [names])).toEqual(['/dev/nvidia0', '/dev/nvidia12']);
  });
});

describe('native/setup', () => {
  it('refuses --cuda without --gpu', () => {
    const args = [join(SCRIPTS, 'native/setup.mjs'), '--cuda'];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect([status, stderr]).toEqual([1, '--cuda: expected --gpu beside it\n']);
  });
});
