/** What an error means, and how to fix it. */
export interface Remedy {
  readonly pattern: RegExp;
  readonly what: string;
  /** For the package that failed. */
  readonly remedy: (name: string) => string;
}

const rebuild = (name: string) => `npm rebuild ${name} --ignore-scripts=false`;
/** The folder is removed first: npm considers an existing one complete. */
const reinstall = (name: string) =>
  `remove node_modules/${name}, then npm install ${name} --ignore-scripts=false`;
const OR_WASM = 'or use wasm: npm install @tensorflow/tfjs-backend-wasm';

/** The errors of loading and computing, specific ones first. */
export const REMEDIES: readonly Remedy[] = [
  {
    // From tfjs-node's dist/index.js, if node-pre-gyp finds no binding.
    pattern: /native addon module .*can ?not be found/,
    what: 'its native library is missing: npm ran no install scripts, or the download failed',
    remedy: rebuild,
  },
  {
    pattern: /(isNullOrUndefined|util\w*\.isArray)\)? is not a function/,
    what: 'it calls functions that Node 23 removed',
    remedy: () => 'import it with loadTfjsNode(), which restores them',
  },
  {
    // From musl's loader, on Alpine: tfjs issues 1425 and 6556.
    pattern: /Error loading shared library ld-linux|Error relocating|_chk: symbol not found/,
    what: 'it needs glibc, but this system has musl, as Alpine Linux does',
    remedy: () => `use an image with glibc, such as node:22-slim, ${OR_WASM}`,
  },
  {
    pattern: /version [`'"]?(GLIBC|GLIBCXX|CXXABI)_[\d.]+'? not found/,
    what: 'it was built for a newer system: glibc or libstdc++ here is too old',
    remedy: () => `use a newer release of this system, or a newer image; ${OR_WASM}`,
  },
  {
    // In the order of Linux, Linux, macOS, Windows.
    pattern: /invalid ELF header|wrong ELF class|incompatible architecture|not a valid Win32 app/,
    what: 'its native library is damaged or for another system; node_modules may have been copied from there',
    remedy: () => 'remove node_modules, and run npm install on this machine',
  },
  {
    pattern: /file too short|\.node: .*truncated/,
    what: 'its native library is damaged',
    remedy: reinstall,
  },
  {
    pattern: /NODE_MODULE_VERSION|did not self-register/,
    what: 'its native library was built for another version of Node',
    remedy: rebuild,
  },
  {
    // Windows names the binding, but means the library that it needs: tfjs issues 4116 and 4360.
    pattern: /specified module could not be found/,
    what: "Windows can't find tensorflow.dll beside tfjs_binding.node",
    remedy: (name) =>
      `copy node_modules/${name}/deps/lib/tensorflow.dll to the folder of tfjs_binding.node, lib/napi-v… of the package`,
  },
  {
    // Linux's signal, and Windows's message and number for it: tfjs issues 3562 and 6034.
    pattern: /SIGILL|initialization routine failed|exit code 3221225501/,
    what: 'the processor lacks instructions that TensorFlow was built with, most likely AVX',
    remedy: () => `run it on a processor with AVX (a virtual machine may hide it), ${OR_WASM}`,
  },
  {
    pattern: /libtensorflow\S*: cannot open shared object|Library not loaded: \S*libtensorflow/,
    what: "TensorFlow's own library is missing: its download was interrupted",
    remedy: rebuild,
  },
  {
    pattern: /cannot open shared object file|Library not loaded/,
    what: 'a shared library that it needs is missing',
    remedy: () => "install the named library with this system's package manager",
  },
  {
    pattern: /undefined symbol/,
    what: "its binding and TensorFlow's library have different versions",
    remedy: rebuild,
  },
  {
    pattern: /Kernel '.*' not registered for backend/,
    what: 'this version lacks an operation that a ResNet needs',
    remedy: (name) => `npm install ${name}, at the version of @tensorflow/tfjs`,
  },
  {
    pattern: /ENOENT.*\.wasm|Cannot find (package|module) '/,
    what: 'one of its files, or a package that it needs, is missing',
    remedy: (name) => `npm install ${name}`,
  },
  {
    pattern: /SIGKILL|heap out of memory|bad_alloc|OOM when allocating|CUDA_ERROR_OUT_OF_MEMORY/,
    what: 'it ran out of memory, or was killed for that reason',
    remedy: () => "end other processes; nvidia-smi lists those that use a GPU's memory",
  },
  {
    pattern: /no answer within/,
    what: 'it hangs, or takes far longer than it should',
    remedy: (name) => `try again when the machine is idle, then ${rebuild(name)}`,
  },
  {
    // Signals, and Windows's number for an access violation.
    pattern: /SIGSEGV|SIGABRT|SIGBUS|exit code 3221225477/,
    what: 'its native library crashes',
    remedy: (name) => `${rebuild(name)}, ${OR_WASM}`,
  },
];

/** For errors that match none of these. */
const UNKNOWN: Omit<Remedy, 'pattern'> = {
  what: 'it fails',
  remedy: reinstall,
};

export const remedyFor = (message: string): Omit<Remedy, 'pattern'> =>
  REMEDIES.find(({ pattern }) => pattern.test(message)) ?? UNKNOWN;
