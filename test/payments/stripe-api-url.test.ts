import { expect, test } from '@jest/globals';
import { environment } from '../../src/process/config.js';

const { STRIPE_API_URL: url } = environment.shape;

test("the URL of Stripe's API is Stripe's own where nothing else is said", () => {
  expect(url.parse(undefined)).toBe('https://api.stripe.com');
});

test.each(['http://127.0.0.1:3010', 'http://[::1]:3010/', 'https://stripe.example'])('it can be %s', (said) => {
  expect(url.parse(said)).toBe(said);
});

// The client takes a host and a port, so a path would be lost.
test.each(['https://stripe.example/api', 'https://user@stripe.example', 'ftp://stripe.example', 'http://a:99999', 'x'])(
  'it cannot be %s',
  (said) => {
    expect(url.safeParse(said).success).toBe(false);
  },
);
