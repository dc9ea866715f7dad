import { createHmac } from 'node:crypto';

/**
 * The header `Stripe-Signature` of a body.
 * @param seconds when it is sent, since 1970
 */
export function signatureOf(body: string, secret: string, seconds: number): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`;
}
