import { markdownTable } from 'markdown-table';
import type { Comparison, Examined, Report, Timing } from './examine';
import { type Subject, SUBJECTS } from './subjects';

const figures = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3 });

const MS_PER_SECOND = 1000;

/** What every figure has to be called that no GPU had a part in. */
const NO_GPU = 'no GPU: a software renderer and the CPU';

const errorOf = (maxError: number | undefined): string => maxError?.toExponential(1) ?? '';

function subjectTable({ subjects, comparisons }: Report): string {
  const rows = subjects.map(({ subject, device, missing, memoryMB, conformance }) => {
    const error = comparisons.find((each) => each.subject === subject);
    const held = conformance.filter(({ ok }) => ok).length;
    return [
      subject,
      missing === undefined ? device : `not run: ${missing}`,
      conformance.length === 0 ? '' : `${held} of ${conformance.length}`,
      error === undefined ? '' : `${errorOf(error.maxError)}${verdict(error)}`,
      memoryMB === undefined ? '' : `${figures.format(memoryMB)} MB`,
    ];
  });
  const header = ['', 'device', 'cases', 'largest error', 'card memory'];
  return markdownTable([header, ...rows], { align: ['l', 'l', 'r', 'r', 'r'] });
}

const verdict = ({ tolerance, ok }: Comparison): string =>
  ok ? (tolerance === undefined ? ' (not held)' : '') : ` (NOT within ${String(tolerance)})`;

const failuresOf = ({ subjects }: Report): readonly string[] =>
  subjects.flatMap(({ subject, conformance }) =>
    conformance
      .filter(({ ok }) => !ok)
      .map(({ name, message = '' }) => `- ${subject}: ${name}: ${message}`),
  );

function cell({ pictures, ms }: Timing, subject: string): string {
  const time = ms[subject];
  if (time === undefined) return '';
  const rate =
    pictures === undefined ? '' : ` (${figures.format((pictures * MS_PER_SECOND) / time)}/s)`;
  return `${figures.format(time)} ms${rate}`;
}

function timingTable({ subjects, timings }: Report): string {
  const ran = subjects.filter(({ missing }) => missing === undefined);
  const rows = timings.map((timing) => [
    timing.workload,
    ...ran.map(({ subject }) => cell(timing, subject)),
  ]);
  const header = ['median', ...ran.map(({ subject }) => subject)];
  return markdownTable([header, ...rows], { align: ['l', ...header.slice(1).map(() => 'r')] });
}

/** The report as Markdown. */
export function draw(report: Report): string {
  const { gpus, processor } = report;
  const failures = failuresOf(report);
  return [
    `${gpus.length > 0 ? gpus.join(', ') : NO_GPU}; ${processor}.`,
    subjectTable(report),
    'The error is relative to the largest feature of the reference, the first row.',
    ...(failures.length > 0 ? [failures.join('\n')] : []),
    timingTable(report),
  ].join('\n\n');
}

/** Those that npm installs everywhere; the others need CUDA. */
const isRequired = ({ engine, backend }: Subject): boolean =>
  backend === 'webgpu' || engine === 'onnxruntime-webgpu' || engine === 'onnxruntime';

const nameIn = (subjects: readonly Examined[], name: string): boolean =>
  subjects.some(({ subject, missing }) => subject === name && missing === undefined);

/** Whether all that npm installs was examined, every case holds, and so does every comparison that is held to a tolerance. */
export const passed = ({ subjects, comparisons }: Report): boolean =>
  SUBJECTS.filter(isRequired).every(({ name }) => nameIn(subjects, name)) &&
  subjects.every(({ conformance }) => conformance.every(({ ok }) => ok)) &&
  comparisons.length > 0 &&
  comparisons.every(({ ok }) => ok);
