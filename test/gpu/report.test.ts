import type { Report } from './examine';
import { draw, passed } from './report';

const held = { name: 'forward', ok: true, maxError: 2.5e-7, seconds: 1 };
const report: Report = {
  subject: 'an NVIDIA GPU',
  tensorflow: '2.21.0',
  conformance: [held],
  comparisons: [
    { device: 'GPU without TF32', maxError: 3e-6, tolerance: 1e-4, ok: true },
    { device: 'GPU', maxError: 2e-3, ok: true },
  ],
  timings: [
    { workload: 'forward, 1 image', ms: { 'GPU without TF32': 8, GPU: 4, CPU: 100 } },
    { workload: 'forward, 8 images', ms: { 'GPU without TF32': 16, GPU: 5, CPU: 480 } },
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

describe('the report on tfjs-node-gpu', () => {
  it('names the subject, states the errors, and gives each device’s ratio to the CPU', () => {
    const text = draw(report);
    expect(text).toContain('TensorFlow 2.21.0 under tfjs-node-gpu: an NVIDIA GPU\n');
    expect(text).toContain('1 of 1 cases hold.');
    expect(text).toContain(
      'GPU without TF32 against CPU: max relative error 3.0e-6, within 0.0001.',
    );
    expect(text).toContain('GPU against CPU: max relative error 2.0e-3, not held to a tolerance.');
    expect(row(text, 'median').slice(-2)).toEqual(['CPU ÷ GPU without TF32', 'CPU ÷ GPU']);
    expect(row(text, 'forward, 8')).toEqual([
      'forward, 8 images',
      '16 ms',
      '5 ms',
      '480 ms',
      '30',
      '96',
    ]);
    expect(passed(report)).toBe(true);
  });

  it('has no ratios where only the CPU was timed', () => {
    const timings = [{ workload: 'forward, 1 image', ms: { CPU: 100 } }];
    const text = draw({ ...report, comparisons: [], timings });
    expect(row(text, 'median')).toEqual(['median', 'CPU']);
    expect(row(text, 'forward, 1')).toEqual(['forward, 1 image', '100 ms']);
  });

  it('says what failed, and fails', () => {
    const failed = { name: 'freeze', ok: false, message: 'conv1_conv/kernel changed', seconds: 1 };
    const one = { ...report, conformance: [held, failed] };
    expect(row(draw(one), 'freeze')).toEqual(['freeze', 'NO', '', 'conv1_conv/kernel changed']);
    expect(draw(one)).toContain('1 of 2 cases hold.');
    expect(passed(one)).toBe(false);
    expect(passed({ ...report, conformance: [] })).toBe(false);

    const far = { device: 'GPU without TF32', maxError: 2e-4, tolerance: 1e-4, ok: false } as const;
    const other = { ...report, comparisons: [far] };
    expect(draw(other)).toContain('max relative error 2.0e-4, NOT within 0.0001.');
    expect(passed(other)).toBe(false);
  });
});
