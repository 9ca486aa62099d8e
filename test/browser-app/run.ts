import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { findChromium, FLAGS } from '../../scripts/chromium/find';
import { anewChecks } from './anew-checks';
import { cameraChecks } from './camera-checks';
import type { Check } from './check';
import { costChecks } from './cost-checks';
import { errorChecks } from './error-checks';
import { exportChecks } from './export-checks';
import { flowChecks } from './flow-checks';
import { keptChecks } from './kept-checks';
import { keptTroubleChecks } from './kept-trouble-checks';
import { keyboardChecks } from './keyboard-checks';
import { liveChecks } from './live-checks';
import { miniChecks } from './mini-checks';
import { onnxChecks } from './onnx-checks';
import { reportChecks } from './report-checks';
import { undoChecks } from './undo-checks';
import { Visit } from './visit';

const CHECKS: readonly Check[] = [
  ...costChecks,
  ...miniChecks,
  ...flowChecks,
  ...onnxChecks,
  ...exportChecks,
  ...reportChecks,
  ...keyboardChecks,
  ...cameraChecks,
  ...liveChecks,
  ...undoChecks,
  ...anewChecks,
  ...keptChecks,
  ...keptTroubleChecks,
  ...errorChecks,
];

export interface RunOptions {
  readonly address: string;
  readonly baseFiles: readonly string[];
  readonly onnxFile: string;
  readonly folder: string;
  readonly only: string;
  readonly screenshots: string | undefined;
  readonly say: (text: string) => void;
}

/** Runs the checks on the app at an address. What a page does beside them that it shouldn't fails its check. */
export async function runChecks({ address, only, screenshots, say, ...rest }: RunOptions) {
  const browser = await chromium.launch({
    ...(await findChromium()),
    args: [...FLAGS],
  });
  let [passed, failed] = [0, 0];
  try {
    for (const { name, run } of CHECKS.filter((check) => check.name.includes(only))) {
      const visits: Visit[] = [];
      try {
        await run({
          ...rest,
          screenshots,
          open: async (options) => {
            const visit = await Visit.open({ browser, address, screenshots, ...options });
            visits.push(visit);
            return visit;
          },
        });
        assert.deepEqual(
          visits.flatMap(({ faults }) => faults),
          [],
          'faults of the page',
        );
        passed += 1;
        say(`✓ ${name}`);
      } catch (error) {
        failed += 1;
        say(
          `✗ ${name}\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        );
        for (const visit of visits) say(`  the page: ${await visit.said()}`);
      }
      for (const visit of visits) await visit.close();
    }
  } finally {
    await browser.close();
  }
  return { passed, failed };
}
