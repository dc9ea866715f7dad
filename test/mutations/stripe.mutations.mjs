/** The adapter of Stripe: what an answer means, and whose event is read. See mutations.mjs. */
const answers = 'src/payments/stripe/stripe-answers.rules.ts';
const answersTest = 'src/payments/stripe/stripe-answers.rules.test.ts';
const connections = 'test/payments/stripe-connections.test.ts';
const events = 'src/payments/stripe/stripe-events.rules.ts';
const eventsTest = 'src/payments/stripe/stripe-events.rules.test.ts';

export default [
  {
    name: 'call without an answer taken for a decline',
    file: answers,
    find: "if ('noAnswer' in outcome) return unanswered(outcome.noAnswer);\n  const error = stripeError.safeParse(outcome.body).data?.error;\n  const told",
    replace:
      "if ('noAnswer' in outcome) return { result: 'declined', code: 'x', detail: '', intent: null, evidence: {} };\n  const error = stripeError.safeParse(outcome.body).data?.error;\n  const told",
    test: connections,
    says: 'ends an answer that stalls in its body',
  },
  {
    name: 'error 5xx taken for an answer about the payment',
    file: answers,
    find: 'if (status >= 500 || isTooMany) {',
    replace: 'if (isTooMany) {',
    test: answersTest,
    says: 'of 503 with',
  },
  {
    name: 'answer of a proxy taken for one of Stripe',
    file: answers,
    find: "if (status < 400 || error === undefined) return { result: 'unknown'",
    replace: "if (status < 400 || error === undefined) return { result: 'missing'",
    test: connections,
    says: 'of 404 that is no error of Stripe is unknown',
  },
  {
    name: 'another intent taken for the one that was asked about',
    file: answers,
    find: 'const isAsked = judging.reference === null || told?.intent.reference === judging.reference;',
    replace: 'const isAsked = true;',
    test: connections,
    says: 'of 200 with another intent is unknown',
  },
  {
    name: 'time of a call without that of its body',
    file: 'src/payments/stripe/stripe-http.ts',
    find: 'const response = await send(asked, signal, agent);',
    replace: 'const response = await send(asked, new AbortController().signal, agent);',
    test: connections,
    says: 'ends an answer that stalls in its body',
  },
  {
    name: 'list that broke off taken for all of it',
    file: 'src/payments/stripe/stripe-lists.rules.ts',
    find: 'if (intents.length < own.length || (page.has_more && next === null)) return undefined;',
    replace: '',
    test: connections,
    says: 'a list that',
  },
  {
    name: 'secret kept in what Stripe says',
    file: 'src/payments/stripe/stripe-words.rules.ts',
    find: "return text.replace(secrets, '…')",
    replace: 'return text',
    test: connections,
    says: 'of 401 that repeats the key is denied without it',
  },
  {
    name: 'event from the future read',
    file: events,
    find: 'return Math.abs(Math.floor(now / 1000) - Number(time)) <= tolerance;',
    replace: 'return Math.floor(now / 1000) - Number(time) <= tolerance;',
    test: eventsTest,
    says: 'seconds from now, and is taken',
  },
  {
    name: 'event read that nobody has signed',
    file: events,
    find: 'if (!secrets.some((secret) => isSignedBy(secret, rawBody, signature, now))) return undefined;',
    replace: '',
    test: eventsTest,
    says: 'the signature of an event is of none',
  },
];
