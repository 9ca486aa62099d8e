/** An address can't be read or written: its host doesn't answer, or refuses. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError';
}

/** Nothing is at an address, or it may not be read. */
export class RefusedError extends NetworkError {
  constructor(
    address: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      `${address}: expected a file that can be read, got ${reason}; check the address and its permissions`,
      options,
    );
  }
}
