import type { Examined, Report } from './examine';
import { draw, passed } from './report';

const held = { name: 'forward', ok: true, maxError: 2.5e-7, seconds: 1 };
const examined = (subject: string, more: Partial<Examined> = {}): Examined => ({
  ...{ subject, device: '', conformance: [] },
  ...more,
});

const REFERENCE = 'ONNX Runtime, CPU';
const WEBGPU = 'ONNX Runtime, WebGPU';
const report: Report = {
  gpus: ['NVIDIA L4'],
  processor: '4 cores of a processor',
  subjects: [
    examined(REFERENCE),
    examined(WEBGPU, { memoryMB: 600 }),
    examined('ONNX Runtime, CUDA', { missing: 'no library' }),
    examined('TensorFlow.js, webgpu', { device: 'nvidia, lovelace', conformance: [held] }),
  ],
  comparisons: [
    { subject: WEBGPU, maxError: 3e-6, tolerance: 1e-4, ok: true },
    { subject: 'TensorFlow.js, webgpu', maxError: 2e-6, tolerance: 1e-4, ok: true },
  ],
  timings: [
    { workload: 'forward, batch 8', pictures: 8, ms: { [REFERENCE]: 480, [WEBGPU]: 16 } },
    { workload: 'step of fitHead', ms: { 'TensorFlow.js, webgpu': 2 } },
  ],
};

/** The cells of the table's row that begins so. */
const row = (text: string, start: string) =>
  text
    .split('\n')
    .find((line) => line.startsWith(`| ${start}`))!
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

describe('the report on GPUs', () => {
  it('names the card, and gives each subject’s device, cases, error and memory', () => {
    const text = draw(report);
    expect(text).toContain('NVIDIA L4; 4 cores of a processor.\n');
    expect(row(text, WEBGPU)).toEqual([WEBGPU, '', '', '3.0e-6', '600 MB']);
    expect(row(text, 'TensorFlow.js').slice(1)).toEqual([
      'nvidia, lovelace',
      '1 of 1',
      '2.0e-6',
      '',
    ]);
    expect(row(text, 'ONNX Runtime, CUDA')[1]).toBe('not run: no library');
  });

  it('gives times and pictures a second of those that ran', () => {
    const text = draw(report);
    expect(row(text, 'median').slice(1)).toEqual([REFERENCE, WEBGPU, 'TensorFlow.js, webgpu']);
    expect(row(text, 'forward').slice(1)).toEqual(['480 ms (16.7/s)', '16 ms (500/s)', '']);
    expect(row(text, 'step').slice(1)).toEqual(['', '', '2 ms']);
  });

  it('says that no GPU had a part where there is none', () => {
    expect(draw({ ...report, gpus: [] })).toContain('no GPU: a software renderer and the CPU;');
  });

  it('passes only where what npm installs was examined, and all that is held holds', () => {
    expect(passed(report)).toBe(true);
    expect(passed({ ...report, comparisons: [] })).toBe(false);

    const failed = { name: 'freeze', ok: false, message: 'conv1_conv/kernel changed', seconds: 1 };
    const subjects = report.subjects.map((each) =>
      each.conformance.length > 0 ? { ...each, conformance: [held, failed] } : each,
    );
    expect(draw({ ...report, subjects })).toContain('freeze: conv1_conv/kernel changed');
    expect(passed({ ...report, subjects })).toBe(false);

    const [, ...others] = report.comparisons;
    const far = { subject: WEBGPU, maxError: 2e-4, tolerance: 1e-4, ok: false };
    const other = { ...report, comparisons: [far, ...others] };
    expect(draw(other)).toContain('2.0e-4 (NOT within 0.0001)');
    expect(passed(other)).toBe(false);

    const without = report.subjects.map((each) =>
      each.subject === WEBGPU ? { ...each, missing: 'no driver' } : each,
    );
    expect(passed({ ...report, subjects: without })).toBe(false);
  });
});
