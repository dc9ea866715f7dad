import type { Fault, FaultName } from '../books/records.js';

/** A call, as far as faults ask for it. */
export interface FaultyCall {
  account: string;
  method: string;
  path: string;
  isConfirming: boolean;
  /** Every id and every value of metadata that the call is about. */
  references: Set<string>;
}

/** Faults that come before the idempotency key is looked at, or strike the answer alone: a replay meets them too. */
const ofTheConnection: FaultName[] = ['delay', 'hang', 'drop-before', 'drop-after', 'status', 'truncate', 'garbage'];

/** @returns whether a fault is of the connection, and not of what the call does */
export function isOfTheConnection(fault: FaultName): boolean {
  return ofTheConnection.includes(fault);
}

/** @returns the oldest fault that strikes this call */
export function strikingFault(faults: Fault[], call: FaultyCall): Fault | undefined {
  return faults.find((fault) => fits(fault, call) && !letsPass(fault));
}

/** @returns the faults that fit this call and let it pass, because they strike one in so many alone */
export function passedFaults(faults: Fault[], call: FaultyCall): Fault[] {
  const striking = strikingFault(faults, call);
  return faults.slice(0, striking && faults.indexOf(striking)).filter((fault) => fits(fault, call));
}

function fits({ on, account, fault }: Fault, call: FaultyCall): boolean {
  return (
    (account === undefined || account === call.account) &&
    (on.method === undefined || on.method.toUpperCase() === call.method) &&
    (on.path === undefined || isOnPath(call.path, on.path)) &&
    (on.reference === undefined || call.references.has(on.reference)) &&
    canStrike(fault, call)
  );
}

function letsPass({ every = 1, passed = 0 }: Fault): boolean {
  return passed + 1 < every;
}

/** @returns the fault as it is once it has let a call pass */
export function passedBy(fault: Fault): Fault {
  return { ...fault, passed: (fault.passed ?? 0) + 1 };
}

/** @returns the fault as it is once it has struck, or undefined when it is used up */
export function used(fault: Fault): Fault | undefined {
  const again = fault.every === undefined ? fault : { ...fault, passed: 0 };
  if (again.left === undefined) return again;
  return again.left > 1 ? { ...again, left: again.left - 1 } : undefined;
}

/** `*` stands for any one part of a path. */
export function isOnPath(path: string, pattern: string): boolean {
  const parts = path.split('/');
  const wanted = pattern.split('/');
  return parts.length === wanted.length && wanted.every((part, index) => part === '*' || part === parts[index]);
}

/** What changes what a call does can strike only calls that do it. */
function canStrike(fault: FaultName, { method, path, isConfirming }: FaultyCall): boolean {
  const isCapture = method === 'POST' && isOnPath(path, '/v1/payment_intents/*/capture');
  const isRefund = method === 'POST' && path === '/v1/refunds';
  switch (fault) {
    case 'decline':
      return isConfirming || isCapture || isRefund;
    case 'requires-action':
    case 'processing':
      return isConfirming || isRefund;
    case 'already-captured':
      return isCapture;
    case 'wrong-amount':
      return isAboutAmount(method, path, isCapture, isConfirming);
    case 'status-stored':
      return method === 'POST';
    case 'delay':
    case 'hang':
    case 'drop-before':
    case 'drop-after':
    case 'status':
    case 'truncate':
    case 'garbage':
      return true;
  }
}

function isAboutAmount(method: string, path: string, isCapture: boolean, isConfirming: boolean): boolean {
  if (isCapture || isConfirming) return true;
  if (method === 'POST') return path === '/v1/payment_intents';
  return isOnPath(path, '/v1/payment_intents/*');
}
