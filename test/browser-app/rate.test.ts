import { Rate } from '../../examples/browser-app/src/rate';

describe('Rate', () => {
  it('has none after the first', () => {
    expect(new Rate().count(5)).toBeUndefined();
  });

  it('is measured over the last second', () => {
    const rate = new Rate();
    // Slow at first: five per second, then ten.
    for (let at = 0; at < 2_000; at += 200) rate.count(at);
    let found: number | undefined;
    for (let at = 2_000; at <= 4_000; at += 100) found = rate.count(at);
    expect(found).toBeCloseTo(10);
  });

  it('is that of the last two if they are further apart', () => {
    const rate = new Rate();
    for (const at of [0, 100, 200]) rate.count(at);
    expect(rate.count(4_200)).toBeCloseTo(0.25);
  });
});
