import { markdownTable } from 'markdown-table';
import type { Comparison, Report, Timing } from './examine';
import type { Device } from './start-worker';

const figures = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

const errorOf = (maxError: number | undefined): string => maxError?.toExponential(1) ?? '';

function conformanceTable({ conformance }: Report): string {
  const rows = conformance.map(({ name, ok, maxError, message }) => [
    ...[name, ok ? 'yes' : 'NO', errorOf(maxError)],
    message ?? '',
  ]);
  const failed = conformance.some(({ ok }) => !ok);
  const table = [['case', 'holds', 'max relative error', 'what came'], ...rows];
  return markdownTable(failed ? table : table.map((row) => row.slice(0, 3)));
}

const sentence = ({ device, maxError, tolerance, ok }: Comparison): string => {
  const held = tolerance === undefined ? 'not held to a tolerance' : `within ${tolerance}`;
  return `Scores of 8 images, ${device} against CPU: max relative error ${errorOf(maxError)}, ${ok ? held : `NOT ${held}`}.`;
};

function timingTable(timings: readonly Timing[]): string {
  const devices = Object.keys(timings[0]?.ms ?? {}) as Device[];
  const beside = devices.filter((device) => device !== 'CPU');
  const rows = timings.map(({ workload, ms }) => [
    workload,
    ...devices.map((device) => `${figures.format(ms[device] ?? NaN)} ms`),
    ...beside.map((device) => figures.format((ms.CPU ?? NaN) / (ms[device] ?? NaN))),
  ]);
  const header = ['median', ...devices, ...beside.map((device) => `CPU ÷ ${device}`)];
  return markdownTable([header, ...rows], { align: ['l', ...header.slice(1).map(() => 'r')] });
}

/** The report as Markdown. */
export function draw(report: Report): string {
  const { subject, tensorflow, conformance, comparisons, timings } = report;
  const passed = conformance.filter(({ ok }) => ok).length;
  return [
    `TensorFlow ${tensorflow} under tfjs-node-gpu: ${subject}`,
    conformanceTable(report),
    `${passed} of ${conformance.length} cases hold.`,
    ...comparisons.map(sentence),
    `ResNet-50, pooled head, 224 × 224. ${subject}:`,
    timingTable(timings),
  ].join('\n\n');
}

/** Whether there are cases, all of them hold, and so does every comparison that is held to a tolerance. */
export const passed = ({ conformance, comparisons }: Report): boolean =>
  conformance.length > 0 && [...conformance, ...comparisons].every(({ ok }) => ok);
