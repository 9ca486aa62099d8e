/** What a check found out besides that all held. */
export interface Finding {
  readonly version: string;
  /** @default 'passes' */
  readonly outcome?: string;
}

/** One place where users run the package. */
export interface Row {
  readonly name: string;
  /** What several rows share and no row's seconds hold. Where one of these fails, so does the row. */
  readonly needs: readonly (() => Promise<unknown>)[];
  readonly check: () => Promise<Finding>;
}

export interface Result {
  readonly row: string;
  readonly version: string;
  readonly passed: boolean;
  readonly outcome: string;
  readonly seconds: number;
  /** Why it failed, with what the failed command printed. */
  readonly error?: string;
}

/** The cores of the smallest machines of CI. */
const AT_A_TIME = 2;
const MS_PER_SECOND = 1000;

async function runRow({ name, needs, check }: Row): Promise<Result> {
  let start = performance.now();
  const seconds = () => (performance.now() - start) / MS_PER_SECOND;
  try {
    await Promise.all(needs.map((need) => need()));
    start = performance.now();
    const { version, outcome = 'passes' } = await check();
    return { row: name, version, passed: true, outcome, seconds: seconds() };
  } catch (error) {
    const failure = { passed: false, outcome: 'FAILS', error: String(error) };
    return { row: name, version: '', ...failure, seconds: seconds() };
  }
}

/**
 * Runs them all, whatever fails, and tells of each as it ends.
 *
 * @returns their results, in the rows' order
 * @throws Error once the signal is aborted
 */
export async function runRows(
  rows: readonly Row[],
  tell: (result: Result) => void,
  signal: AbortSignal,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = rows.entries();
  async function work(): Promise<void> {
    for (const [i, row] of queue) {
      const result = await runRow(row);
      if (signal.aborted) return;
      results[i] = result;
      tell(result);
    }
  }
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  signal.throwIfAborted();
  return results;
}
