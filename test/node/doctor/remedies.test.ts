import { REMEDIES, remedyFor } from '../../../src/node/doctor/remedies';

/** Errors as people have met them, with what the remedy should speak of. */
const ERRORS: readonly (readonly [error: string, what: RegExp, remedy: RegExp])[] = [
  [
    'The Node.js native addon module (tfjs_binding.node) can not be found at path: /app/node_modules/@tensorflow/tfjs-node/lib/napi-v8/tfjs_binding.node. \nPlease run command',
    /native library is missing/,
    /^npm rebuild PACKAGE --ignore-scripts=false$/,
  ],
  [
    '(0 , util_1.isNullOrUndefined) is not a function',
    /functions that Node 23 removed/,
    /loadTfjsNode/,
  ],
  ['util_1.isArray is not a function', /functions that Node 23 removed/, /loadTfjsNode/],
  [
    'Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by /app/node_modules/@tensorflow/tfjs-node/lib/napi-v8/../../deps/lib/libtensorflow.so.2)',
    /musl/,
    /node:22-slim.*wasm/,
  ],
  ['Error relocating /app/libtensorflow.so.2: __memcpy_chk: symbol not found', /musl/, /glibc/],
  [
    "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by /app/lib/tfjs_binding.node)",
    /too old/,
    /newer/,
  ],
  [
    "/usr/lib64/libstdc++.so.6: version `GLIBCXX_3.4.29' not found (required by libtensorflow.so.2)",
    /too old/,
    /newer/,
  ],
  ['/app/tfjs_binding.node: invalid ELF header', /another system/, /remove node_modules/],
  ['/app/tfjs_binding.node: wrong ELF class: ELFCLASS32', /another system/, /remove node_modules/],
  [
    "dlopen(/app/tfjs_binding.node, 0x0001): tried: '/app/tfjs_binding.node' (mach-o file, but is an incompatible architecture (have 'x86_64', need 'arm64'))",
    /another system/,
    /remove node_modules/,
  ],
  [
    '\\\\?\\C:\\app\\tfjs_binding.node is not a valid Win32 application.',
    /another system/,
    /remove node_modules/,
  ],
  [
    '/app/lib/napi-v8/tfjs_binding.node: file too short',
    /damaged/,
    /^remove node_modules\/PACKAGE/,
  ],
  [
    'The module was compiled against a different Node.js version using NODE_MODULE_VERSION 93.',
    /another version of Node/,
    /npm rebuild/,
  ],
  [
    'Module did not self-register: /app/tfjs_binding.node',
    /another version of Node/,
    /npm rebuild/,
  ],
  [
    'The specified module could not be found.\n\\\\?\\C:\\app\\node_modules\\@tensorflow\\tfjs-node\\lib\\napi-v8\\tfjs_binding.node',
    /tensorflow\.dll/,
    /copy .*PACKAGE\/deps\/lib/,
  ],
  ['ended by SIGILL', /AVX/, /wasm/],
  ['A dynamic link library (DLL) initialization routine failed.', /AVX/, /wasm/],
  ['ended by exit code 3221225501', /AVX/, /wasm/],
  [
    'libtensorflow.so.2: cannot open shared object file: No such file or directory',
    /TensorFlow's own library is missing/,
    /npm rebuild/,
  ],
  [
    'libgomp.so.1: cannot open shared object file: No such file or directory',
    /shared library/,
    /package manager/,
  ],
  [
    'ended by exit code 127; node: symbol lookup error: tfjs_binding.node: undefined symbol: TF_X',
    /different versions/,
    /npm rebuild/,
  ],
  [
    "Kernel 'SearchSorted' not registered for backend 'wasm'",
    /lacks an operation/,
    /^npm install PACKAGE/,
  ],
  [
    "ENOENT: no such file or directory, open '/app/dist/tfjs-backend-wasm-simd.wasm'",
    /missing/,
    /^npm install PACKAGE$/,
  ],
  [
    "Cannot find package 'long' imported from /app/node_modules/x.js",
    /missing/,
    /^npm install PACKAGE$/,
  ],
  ["Cannot find module 'adm-zip'", /missing/, /^npm install PACKAGE$/],
  ['ended by SIGKILL', /memory/, /end other processes/],
  [
    'OOM when allocating tensor with shape[8,112,112,64] on /job:localhost/device:GPU:0',
    /memory/,
    /nvidia-smi/,
  ],
  ['ended by SIGABRT; FATAL ERROR: JavaScript heap out of memory', /memory/, /end other/],
  ['no answer within 30 s', /hangs/, /idle.*npm rebuild/],
  ['ended by SIGSEGV', /crashes/, /npm rebuild.*wasm/],
  ['ended by exit code 3221225477', /crashes/, /npm rebuild.*wasm/],
  ['something that nobody has seen', /^it fails$/, /^remove node_modules\/PACKAGE/],
];

describe('remedyFor', () => {
  it.each(ERRORS)('knows %j', (error, what, remedy) => {
    const found = remedyFor(error);
    expect(found.what).toMatch(what);
    expect(found.remedy('PACKAGE')).toMatch(remedy);
  });

  it('has no remedy that none of these leads to', () => {
    const reached = new Set(ERRORS.map(([error]) => remedyFor(error).what));
    expect(REMEDIES.map(({ what }) => what).filter((what) => !reached.has(what))).toEqual([]);
  });
});
