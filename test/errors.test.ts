import { present } from '../src/errors.js';

describe('present', () => {
  it('gives back what is there, zero and an empty string included', () => {
    expect(present(0, 'weights[0]')).toBe(0);
    expect(present('', 'name')).toBe('');
  });

  it('fails where nothing is', () => {
    expect(() => {
      present(undefined, 'weights[3]');
    }).toThrow('weights[3]: expected a value, got none');
  });
});
