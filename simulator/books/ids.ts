import { randomBytes } from 'node:crypto';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** @returns a new id in the form of Stripe's, such as `pi_3Qd…` */
export function newId(prefix: string): string {
  return `${prefix}_${randomText(24)}`;
}

/** @returns so many letters and digits that nobody can guess */
export function randomText(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      // Bytes above the last multiple would make some letters likelier than others.
      if (byte < 248 && text.length < length) text += letters[byte % 62];
    }
  }
  return text;
}

/** @returns the moment in whole seconds, as every object of Stripe says it */
export function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
