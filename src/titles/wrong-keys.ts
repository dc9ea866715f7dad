import { Injectable } from '@nestjs/common';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { VeltrixError } from '../errors.js';

const perMinute = 120;
const minute = 60;

/**
 * Counts the keys that are wrong, by the address that sends them. Beyond so many in a minute the address is told to
 * wait. A key that is right is taken all the same: behind a proxy all callers have one address, and nobody of them may
 * lock out the others.
 */
@Injectable()
export class WrongKeys {
  private readonly limiter = new RateLimiterMemory({ points: perMinute, duration: minute });

  /** The error for one more wrong key: what is wrong with it, or `too-many-wrong-keys`. */
  async refusal(address: string, wrong: VeltrixError): Promise<VeltrixError> {
    try {
      await this.limiter.consume(networkOf(address));
      return wrong;
    } catch (over) {
      if (!(over instanceof RateLimiterRes)) throw over;
      // It reckons by the wall clock, which somebody may have set back.
      const retryAfterSeconds = Math.min(Math.max(Math.ceil(over.msBeforeNext / 1_000), 1), minute);
      const detail = `More than ${perMinute} keys of this address were wrong within a minute.`;
      return new VeltrixError('too-many-wrong-keys', detail, [], { retryAfterSeconds });
    }
  }
}

/** An address of IPv4, or the network of one of IPv6, of which everybody has as many addresses as they like. */
function networkOf(address: string): string {
  const mapped = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!mapped.includes(':')) return mapped;
  const [before = '', after] = mapped.split('::');
  const head = before === '' ? [] : before.split(':');
  const tail = after === undefined || after === '' ? [] : after.split(':');
  const zeros = after === undefined ? [] : Array<string>(Math.max(8 - head.length - tail.length, 0)).fill('0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
}
