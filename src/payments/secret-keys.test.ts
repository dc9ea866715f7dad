import { describe, expect, it } from '@jest/globals';
import { SecretKeys } from './secret-keys.js';

const [old, now] = ['1'.repeat(64), '2'.repeat(64)];
const secret = 'sk_test_4eC39HqLyjWDarjtT1zdp7dc';

describe('a sealed secret', () => {
  it('is opened by the key that has sealed it, in its own context', () => {
    const keys = new SecretKeys(old);
    expect(keys.open(keys.seal(secret, 'arena'), 'arena')).toBe(secret);
    expect(() => keys.open(keys.seal(secret, 'arena'), 'other')).toThrow();
  });

  it('says nothing of itself, and is another each time', () => {
    const keys = new SecretKeys(old);
    const [one, other] = [keys.seal(secret, 'arena'), keys.seal(secret, 'arena')];
    expect(one.bytes.toString('latin1')).not.toContain('sk_test');
    expect(one.bytes.equals(other.bytes)).toBe(false);
    expect(one.sealedBy).toMatch(/^[0-9a-f]{8}$/);
  });

  it.each([0, 12, 28])('is not opened where its byte %s was changed', (place) => {
    const keys = new SecretKeys(old);
    const sealed = keys.seal(secret, 'arena');
    sealed.bytes[place] = (sealed.bytes[place] ?? 0) ^ 1;
    expect(() => keys.open(sealed, 'arena')).toThrow();
  });

  it('is opened while its key is there, and sealed anew by the first', () => {
    const sealed = new SecretKeys(old).seal(secret, 'arena');
    const both = new SecretKeys(`${now},${old}`);
    expect(both.open(sealed, 'arena')).toBe(secret);
    expect(both.seal(secret, 'arena').sealedBy).toBe(new SecretKeys(now).current);
    const alone = new SecretKeys(now);
    expect(() => alone.open(sealed, 'arena')).toThrow(/is not in VELTRIX_SECRETS_KEY/);
  });
});

it('nothing is sealed where there is no key', () => {
  expect(() => new SecretKeys(undefined).seal(secret, 'arena')).toThrow(
    expect.objectContaining({ code: 'secrets-key-missing' }),
  );
});
