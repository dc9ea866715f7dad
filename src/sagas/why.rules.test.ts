import { expect, test } from '@jest/globals';
import { whyForTitle } from './why.rules.js';

const own = 'trd_0198c0de-7a11-7000-8000-000000000001';
const other = 'trd_0198c0de-7a11-7000-8000-000000000002';

test.each([
  ['connect ECONNREFUSED 10.1.2.3:5432', 'connect ECONNREFUSED …'],
  ['connect ECONNREFUSED ::1:5432', 'connect ECONNREFUSED …'],
  ['connect ECONNREFUSED [fe80::1]:5432', 'connect ECONNREFUSED …'],
  ['connect ENOENT /run/postgresql/.s.PGSQL.5432', 'connect ENOENT …'],
  ['connect ECONNREFUSED 2001:db8::5:5432', 'connect ECONNREFUSED …'],
  ['connect ECONNREFUSED 2001:db8:0:0:1:0:0:5 now', 'connect ECONNREFUSED … now'],
  ['connect ECONNREFUSED ::ffff:10.1.2.3:5432', 'connect ECONNREFUSED …'],
  ['Name resolution failed for target dns:temporal:7233', 'Name resolution failed for target …'],
  ["Host: db.internal. is not in the cert's altnames: DNS:*.x.org", "Host: … is not in the cert's altnames: …"],
  ['unable to connect to db.internal', 'unable to connect to …'],
  ['getaddrinfo ENOTFOUND db.internal', 'getaddrinfo ENOTFOUND …'],
  ['Failed to connect to temporal.internal:7233 before the deadline', 'Failed to connect to … before the deadline'],
  ['cannot reach localhost', 'cannot reach …'],
  ['password authentication failed for user "economy"', 'password authentication failed for user …'],
  [
    'no pg_hba.conf entry for host "10.1.2.3", user "economy", database "ledger"',
    'no pg_hba.conf entry for host …, user …, database …',
  ],
  [
    'Sessions in the database "economy" are unfit: run alter role "app" in database "economy" set DateStyle = ISO',
    'Sessions in the database … are unfit: run alter role … in database … set DateStyle = ISO',
  ],
  ['could not use postgresql://app:secret@db/economy', 'could not use …'],
])('what names a machine or a user is left out: %s', (why, expected) => {
  expect(whyForTitle(why, new Set())).toBe(expected);
});

test('ids are left out but those of the title', () => {
  const why = `${own}: items were released; ${other} waits for ${own.slice(4)} and ${other.slice(4)}`;
  expect(whyForTitle(why, new Set([own]))).toBe(`${own}: items were released; … waits for ${own.slice(4)} and …`);
});

test.each([
  'ledgerTransfer cannot be made now',
  'The step has not answered for 5 s.',
  'deadlock detected',
  'canceling statement due to lock timeout at 12:30:05',
])('the rest stays as it is: %s', (why) => {
  expect(whyForTitle(why, new Set())).toBe(why);
});
