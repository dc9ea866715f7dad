import { describe, expect, it } from '@jest/globals';
import Stripe from 'stripe';
import type { ProviderEvent } from '../provider.types.js';
import { readEvent } from './stripe-events.rules.js';

const seconds = 1_795_000_000;
const now = seconds * 1000;
const [old, fresh] = ['whsec_old', 'whsec_fresh'];

const intent = { id: 'pi_1', object: 'payment_intent', status: 'succeeded' };
const event = {
  id: 'evt_1',
  object: 'event',
  type: 'payment_intent.succeeded',
  livemode: false,
  created: seconds - 7,
  data: { object: intent },
};
const thinEvent = {
  id: 'evt_1',
  object: 'v2.core.event',
  type: 'v1.payment_intent.succeeded',
  livemode: false,
  created: new Date((seconds - 7) * 1000).toISOString(),
  related_object: { id: 'pi_1', type: 'payment_intent', url: '/v1/payment_intents/pi_1' },
};
const expected = {
  id: 'evt_1',
  type: 'payment_intent.succeeded',
  mode: 'test',
  reference: 'pi_1',
  refund: null,
  purchase: null,
  outside: null,
  createdAt: new Date((seconds - 7) * 1000),
};

const signed = (payload: string, { secret = fresh, timestamp = seconds } = {}): string =>
  Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });

/** Reads what was signed just now by the fresh secret. */
function read(body: unknown, secrets: readonly string[] = [fresh]): ProviderEvent | undefined {
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  return readEvent(Buffer.from(payload), signed(payload), secrets, now);
}

describe('the signature of an event', () => {
  const payload = JSON.stringify(event);
  const readBy = (signature: string | string[] | undefined, secrets: readonly string[] = [fresh]) =>
    readEvent(Buffer.from(payload), signature, secrets, now);

  it('is of any secret that the account has, while they are rotated', () => {
    for (const secret of [old, fresh]) {
      expect(readBy(signed(payload, { secret }), [old, fresh])).toEqual(expected);
      expect(readBy(signed(payload, { secret }), [fresh, old])).toEqual(expected);
    }
    const [, bySecond] = signed(payload, { secret: fresh }).split(',');
    expect(readBy(`${signed(payload, { secret: old })},${bySecond}`, [fresh])).toEqual(expected);
  });

  it('is of none', () => {
    for (const secrets of [[], [old], [''], [' '], ['whsec_other', old]]) {
      expect(readBy(signed(payload), secrets)).toBeUndefined();
    }
  });

  it('is of what was sent, byte for byte', () => {
    const tampered = Buffer.from(payload.replace('succeeded', 'processing'));
    expect(readEvent(tampered, signed(payload), [fresh], now)).toBeUndefined();
    expect(readEvent(Buffer.from(`${payload} `), signed(payload), [fresh], now)).toBeUndefined();
    expect(readEvent(Buffer.alloc(0), signed(payload), [fresh], now)).toBeUndefined();
  });

  it.each([
    [-301, false],
    [-300, true],
    [300, true],
    [301, false],
    [86_400, false],
  ])('is of %i seconds from now, and is taken: %s', (offset, isTaken) => {
    expect(readBy(signed(payload, { timestamp: seconds + offset }))).toEqual(isTaken ? expected : undefined);
  });

  it('is taken by one moment that it was made at', () => {
    const [time, signature] = signed(payload).split(',');
    expect(readBy(`${time},${signature}`)).toEqual(expected);
    expect(readBy(`${time},t=${seconds + 9999},${signature}`)).toBeUndefined();
    expect(readBy(`t=${seconds + 9999},${time},${signature}`)).toBeUndefined();
    expect(readBy(`t=soon,${signature}`)).toBeUndefined();
    expect(readBy(signature)).toBeUndefined();
  });

  it('is missing, or is no signature', () => {
    for (const signature of [undefined, '', 't', 't=,v1=', `t=${seconds}`, `t=${seconds},v0=abc`, [signed(payload)]]) {
      expect(readBy(signature)).toBeUndefined();
    }
  });
});

describe('an event', () => {
  it('is read as a snapshot and as a thin one, and is the same', () => {
    expect(read(event)).toEqual(expected);
    expect(read(thinEvent)).toEqual(expected);
  });

  it.each([
    [{ purchase: 'pur_1', title: 'arena' }, 'pur_1'],
    [{ order: '7' }, null],
    [null, null],
    [undefined, null],
    [{ purchase: 7 }, null],
    [{ purchase: 'x'.repeat(256) }, null],
  ])('says the purchase that its intent was made for: %j', (metadata, purchase) => {
    expect(read({ ...event, data: { object: { ...intent, metadata } } })).toMatchObject({ purchase });
    const charge = { object: 'charge', id: 'ch_1', payment_intent: 'pi_1', metadata };
    expect(read({ ...event, data: { object: charge } })).toMatchObject({ purchase: null });
  });

  it('says whether it is of real money', () => {
    expect(read({ ...event, livemode: true })).toMatchObject({ mode: 'live' });
    expect(read({ ...thinEvent, livemode: true })).toMatchObject({ mode: 'live' });
  });

  it.each([
    ['charge.captured', { object: 'charge', id: 'ch_1', payment_intent: 'pi_1' }, 'pi_1'],
    ['refund.created', { object: 'refund', id: 're_1', payment_intent: 'pi_1' }, 'pi_1'],
    ['charge.dispute.created', { object: 'dispute', id: 'dp_1', payment_intent: 'pi_1' }, 'pi_1'],
    ['charge.succeeded', { object: 'charge', id: 'ch_1', payment_intent: null }, null],
    ['payout.paid', { object: 'payout', id: 'po_1' }, null],
    ['customer.created', { object: 'customer', id: 'cus_1' }, null],
    ['something.new', { object: 'new', payment_intent: { id: 'pi_1' } }, null],
  ])('of type %s about %j is about the intent %s', (type, object, reference) => {
    expect(read({ ...event, type, data: { object } })).toMatchObject({ type, reference });
  });

  it.each(['refund.updated', 'refund.failed', 'charge.refund.updated'])('of type %s is about its refund', (type) => {
    const object = { object: 'refund', id: 're_1', payment_intent: 'pi_1' };
    expect(read({ ...event, type, data: { object } })).toMatchObject({ reference: 'pi_1', refund: 're_1' });
    expect(read({ ...thinEvent, type, related_object: { id: 're_1', type: 'refund' } })).toMatchObject({
      reference: null,
      refund: 're_1',
    });
  });

  it.each([
    ['v1.charge.captured', { id: 'ch_1', type: 'charge' }, 'charge.captured'],
    ['v1.billing.meter.no_meter_found', null, 'billing.meter.no_meter_found'],
    ['v2.core.event_destination.ping', { id: 'ed_1', type: 'event_destination' }, 'v2.core.event_destination.ping'],
  ])('that is thin, of type %s about %j, is about no intent', (type, related, said) => {
    expect(read({ ...thinEvent, type, related_object: related })).toMatchObject({ type: said, reference: null });
  });

  it.each([
    ['no JSON', '{"id":'],
    ['nothing', ' '],
    ['null', 'null'],
    ['a list', '[]'],
    ['another object', { ...event, object: 'charge' }],
    ['one without an id', { ...event, id: undefined }],
    ['one without a type', { ...event, type: 7 }],
    ['one without a mode', { ...event, livemode: undefined }],
    ['one without a time', { ...event, created: 'now' }],
    ['one about nothing', { ...event, data: {} }],
    ['a thin one without a time', { ...thinEvent, created: seconds }],
  ])('is not read from %s, though it is signed', (_name, body) => {
    expect(read(body)).toBeUndefined();
  });
});
