/** How long a connection may be silent. */
export const TIMEOUT_MS = 30_000;

/** Tries after the first one; only those count that bring no further bytes. */
export const RETRIES = 5;

/** The pause after the first try; each one after it is twice as long. With five, a minute passes at most. */
export const RETRY_DELAY_MS = 1_000;

/** Tries of a call to object storage that isn't a read. Their pauses grow from 0.1 to 20 seconds. */
export const MAX_ATTEMPTS = 9;
