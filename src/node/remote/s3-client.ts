import type { S3Client } from '@aws-sdk/client-s3';
import { PassingFailure } from '../../weights/download/arrival.js';
import { PASSING_STATUS } from '../../weights/download/transfer.js';
import { loadPackage } from '../load-package.js';
import { NetworkError, RefusedError } from './network-error.js';
import { MAX_ATTEMPTS, TIMEOUT_MS } from './timing.js';

const REMEDY = 'npm install @aws-sdk/client-s3 @aws-sdk/lib-storage';

export const loadSdk = () =>
  loadPackage('@aws-sdk/client-s3', () => import('@aws-sdk/client-s3'), REMEDY);

export const loadUpload = () =>
  loadPackage('@aws-sdk/lib-storage', () => import('@aws-sdk/lib-storage'), REMEDY);

export type Sdk = Awaited<ReturnType<typeof loadSdk>>;

/** The endpoint of another service than Amazon's, from the variables that Amazon's tools read as well. */
const endpoint = (): string | undefined =>
  process.env['AWS_ENDPOINT_URL_S3'] ?? process.env['AWS_ENDPOINT_URL'];

/** Connections at a time; pictures wait for them. */
const MAX_SOCKETS = 64;

async function connect(maxAttempts: number): Promise<S3Client> {
  const { S3Client } = await loadSdk();
  const isOther = endpoint() !== undefined;
  return new S3Client({
    maxAttempts,
    // Few other services have a host name for each bucket.
    forcePathStyle: isOther,
    followRegionRedirects: true,
    // Amazon's needs one, which is also in ~/.aws/config; others take any.
    ...(isOther && { region: process.env['AWS_REGION'] ?? 'us-east-1' }),
    requestHandler: {
      connectionTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      httpAgent: { maxSockets: MAX_SOCKETS },
      httpsAgent: { maxSockets: MAX_SOCKETS },
    },
  });
}

const clients = new Map<number, Promise<S3Client>>();

function clientFor(maxAttempts: number): Promise<S3Client> {
  const client = clients.get(maxAttempts) ?? connect(maxAttempts);
  clients.set(maxAttempts, client);
  return client;
}

/** For reads, which are tried again where they broke off. */
export const readingClient = (): Promise<S3Client> => clientFor(1);

/** For all else. */
export const writingClient = (): Promise<S3Client> => clientFor(MAX_ATTEMPTS);

/** What a failed call tells. */
interface Failure {
  readonly name?: string;
  readonly message?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

export const statusOf = (error: unknown): number | undefined =>
  (Object(error) as Failure).$metadata?.httpStatusCode;

/** Statuses whose reason a response without a body doesn't tell. */
const BARE = new Set(['403', 'Forbidden', '404', 'NotFound', 'Unknown', 'UnknownError']);

/** Codes of one object; the others, such as an expired token, are about all of them. */
const OF_OBJECT = new Set(['NoSuchKey', 'AccessDenied', ...BARE]);

/** Codes that come with a status that doesn't pass. */
const PASSING_CODES = new Set(['RequestTimeout', 'OperationAborted', 'ConditionalRequestConflict']);

function remedyFor(code: string): string {
  if (code.includes('Credentials')) {
    return 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE';
  }
  if (/Token|AccessKey|Signature|TimeTooSkewed/.test(code)) {
    return 'check the credentials, and the clock';
  }
  if (code === 'NoSuchBucket') return 'check the name of the bucket, or create it';
  return 'check the address, AWS_REGION and AWS_ENDPOINT_URL';
}

/** What a call's failure means: {@link PassingFailure} if another try may succeed. */
export function failureOf(address: string, cause: unknown): Error {
  const { name = 'an error', message = '', code } = Object(cause) as Failure;
  const status = statusOf(cause);
  const what = BARE.has(name) ? `status ${status ?? '?'}` : name;
  if (status === undefined && typeof code === 'string') {
    return new PassingFailure(`no connection (${code})`, { cause });
  }
  if (status === undefined && name === 'TimeoutError') {
    return new PassingFailure(`nothing for ${TIMEOUT_MS / 1000} seconds`, { cause });
  }
  if (PASSING_CODES.has(name) || (status !== undefined && PASSING_STATUS.has(status))) {
    return new PassingFailure(status === undefined ? what : `status ${status} (${name})`, {
      cause,
    });
  }
  if ((status === 403 || status === 404) && OF_OBJECT.has(name)) {
    return new RefusedError(address, what, { cause });
  }
  const told = status === undefined ? `"${message.split('\n')[0] ?? name}"` : what;
  return new NetworkError(
    `${address}: expected access to object storage, got ${told}; ${remedyFor(status === undefined ? `${name} ${message}` : name)}`,
    { cause },
  );
}

/**
 * Makes a call, which the client repeats while the service is overloaded or doesn't answer.
 *
 * @param address what errors are about
 * @throws NetworkError
 */
export async function calling<T>(address: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const failure = failureOf(address, cause);
    if (!(failure instanceof PassingFailure)) throw failure;
    throw new NetworkError(
      `${address}: expected access to object storage, got ${failure.message} after ${MAX_ATTEMPTS} tries; run the same command again`,
      { cause },
    );
  }
}
