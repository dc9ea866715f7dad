import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, Scene } from './faults.js';

/* How the provider of payments fails. One injection comes after the other, so that each can count what it has hit. */

/** Which calls are struck; undefined for all of them. */
const paths = [
  undefined,
  '/v1/payment_intents',
  '/v1/payment_intents/*/confirm',
  '/v1/payment_intents/*/capture',
  '/v1/refunds',
  '/v1/payment_intents/*',
];

type Inject = (scene: Scene, fault: Fault) => Promise<boolean>;

/** Has some calls fail. It has hit where one of them did, which uses the first of two faults up. */
function calls(fault: string, of: (lasts: number) => Record<string, unknown> = () => ({})): Inject {
  return async ({ system: { provider } }, { target, lasts }) => {
    const path = paths[target % paths.length];
    const about = { on: path === undefined ? {} : { path }, fault, ...of(lasts) };
    let left = 2;
    try {
      await provider.fault({ ...about, times: 1 });
      await provider.fault({ ...about, times: 1 + (target % 30) });
      await sleep(lasts);
    } finally {
      left = await provider.endFaults();
    }
    return left < 2;
  };
}

/** Has refunds come to something else at the bank than at once to success. It waits longer, because they are few. */
function refunds(fault: string): Inject {
  return async ({ system: { provider } }, { target, lasts }) => {
    let left = 2;
    try {
      const on = { method: 'POST', path: '/v1/refunds' };
      await provider.fault({ on, fault, times: 1 });
      await provider.fault({ on, fault, times: 1 + (target % 5) });
      await sleep(lasts + 1_500);
    } finally {
      left = await provider.endFaults();
    }
    return left < 2;
  };
}

/** Has the provider send its events otherwise for a while. */
function events(mode: string): Inject {
  return async ({ system: { provider } }, { lasts }) => {
    try {
      await provider.webhooks(mode);
      await sleep(lasts);
    } finally {
      await provider.webhooks('on');
    }
    return true;
  };
}

/** The injections into the provider, by their kinds. */
export const intoProvider = {
  'kill -9 of the provider': ({ system }, { lasts }) =>
    Promise.resolve(system.provider.process.kill('SIGKILL', lasts / 4)),
  'the provider stands still': ({ system }, { lasts }) => system.provider.process.pause(500 + lasts),
  'the provider never answers': calls('hang'),
  'the provider answers late': calls('delay', (lasts) => ({ ms: lasts * 2 })),
  'calls to the provider lost': calls('drop-before'),
  'answers of the provider lost': calls('drop-after'),
  'answers of the provider cut off': calls('truncate'),
  'answers of the provider garbled': calls('garbage'),
  'the provider answers 500': calls('status', () => ({ status: 500 })),
  'the provider answers 429': calls('status', () => ({ status: 429, ms: 300 })),
  'the provider answers 500 for ever': calls('status-stored', () => ({ status: 500 })),
  'banks take their time for refunds': refunds('processing'),
  'banks refuse refunds': refunds('decline'),
  'events of the provider lost': events('off'),
  'events of the provider sent twice': events('duplicate'),
  'events of the provider out of order': events('reorder'),
} satisfies Record<string, Inject>;
