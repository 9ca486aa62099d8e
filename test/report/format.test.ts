import { format, planResnet, type Plan } from 'resnet-heads/plan';
import { drawTable } from '../../src/report/format/table';
import { messageOf } from '../setup/memory';

const plans = (['pooled', 'flattened', 'dense'] as const).map((head) =>
  planResnet({ head, numClasses: 10 }),
);

describe('drawTable', () => {
  it('shortens what no name is as long as, so that drawing takes no time that grows with its square', () => {
    const rows = [['x'.repeat(3_000_000), '1']];
    const columns = [{ title: 'name' }, { title: 'size' }];
    const text = drawTable({ columns, rows }, 'text');
    expect(text.length).toBeLessThan(3_000);
    expect(text).toContain('… (3000000 characters) | 1');
  });
});

describe('format', () => {
  it('aligns plans as text, the convention below', () => {
    expect(format(plans, 'text')).toBe(
      `
               |        pooled |     flattened |         dense
-------------- | ------------- | ------------- | -------------
base           |  ResNet-50 v1 |  ResNet-50 v1 |  ResNet-50 v1
input          | 224 × 224 × 3 | 224 × 224 × 3 | 224 × 224 × 3
features       |  7 × 7 × 2048 |  7 × 7 × 2048 |  7 × 7 × 2048
output         |            10 |            10 |    7 × 7 × 10
parameters     |    23,608,202 |   126,359,434 |    25,696,138
trainable      |    23,555,082 |   126,306,314 |    25,643,018
in the head    |        20,490 |   102,771,722 |     2,108,426
head's share   |          0.1% |         81.3% |          8.2%
MACs           | 3,855,945,728 | 3,958,695,936 | 3,959,187,456
head's MACs    |        20,480 |   102,770,688 |   103,262,208
FLOPs          | 7,711,891,456 | 7,917,391,872 | 7,918,374,912
weights        |      94.43 MB |     505.44 MB |     102.78 MB
head's weights |       0.08 MB |     411.09 MB |       8.43 MB

MACs: multiply–accumulates of convolutions and dense layers, for the forward pass of one image.
FLOPs: 2 × MACs. Weights: float32, 1 MB = 10⁶ bytes.`.slice(1),
    );
  });

  it('writes a table that Markdown renders', () => {
    const lines = format(plans, 'markdown').split('\n');
    expect(lines[0]).toBe('|                |        pooled |     flattened |         dense |');
    expect(lines[1]).toBe('| :------------- | ------------: | ------------: | ------------: |');
    expect(lines).toContain('| parameters     |    23,608,202 |   126,359,434 |    25,696,138 |');
    expect(lines.slice(0, -2).every((line) => line.split('|').length === 6)).toBe(true);
  });

  it('gives raw figures as json, a single plan too', () => {
    const { plans: read } = JSON.parse(format(plans, 'json')) as { plans: Plan[] };
    expect(read.map(({ headName, totals, head }) => [headName, totals, head])).toEqual(
      plans.map(({ headName, totals, head }) => [headName, totals, head]),
    );
    const [plan] = plans;
    expect(JSON.parse(format(plan!, 'json'))).toMatchObject({
      plans: [{ headName: 'pooled', layerCount: 177, outputShape: [10] }],
    });
  });

  it('rejects what it can not write', () => {
    expect(messageOf(() => format([]))).toBe(
      'ArgumentError: value: expected at least one plan, got []',
    );
    expect(messageOf(() => format([plans[0], {}] as Plan[]))).toBe(
      'ArgumentError: value: expected only plans, got [an object, an object]',
    );
    for (const none of [
      {},
      { a: {} },
      { kind: 'cake' },
      { a: plans[0] },
      null,
      'plan',
    ] as unknown[]) {
      expect(messageOf(() => format(none as Plan))).toMatch(/^ArgumentError: value: expected /);
    }
    expect(messageOf(() => format(plans, 'yaml' as 'json'))).toBe(
      'ArgumentError: format: expected one of "text", "markdown", "json", got "yaml"',
    );
  });
});
