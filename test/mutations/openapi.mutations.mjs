/** What a generator of clients reads in the OpenAPI document. See mutations.mjs. */
const test = 'test/http/openapi.test.ts';

export default [
  {
    name: 'the schemas of events not told apart by their names',
    file: 'src/http/openapi.ts',
    find: "jsonSchema['discriminator'] = discriminatorOf(zodSchema);",
    replace: 'void discriminatorOf;',
    test,
    says: 'tells the schemas of events apart by their names',
    red: 'Cannot destructure property',
  },
  {
    name: 'an object without a name of its own',
    file: 'src/sagas/sagas.shapes.ts',
    find: ".meta({ id: 'SagaDeal' })",
    replace: '',
    test,
    says: 'has a name for every object',
  },
  {
    name: 'a default that generators require',
    file: 'src/inventory/inventory.shapes.ts',
    find: "tradeable: z.boolean().optional().meta({ description: 'True where it is missing' })",
    replace: 'tradeable: z.boolean().optional().meta({ default: true })',
    test,
    says: 'has no default',
  },
  {
    name: 'a pattern that few languages compile',
    file: 'src/http/shapes.ts',
    find: '[^\\\\x00-\\\\x1f\\\\x7f-\\\\x9f]',
    replace: '[^\\\\p{Cc}]',
    test,
    says: 'has only patterns that every language compiles',
  },
  {
    name: 'header fields of replays not in the document',
    file: 'src/http/openapi-headers.ts',
    find: "parameters.has('Idempotency-Key') && (succeeded || status === 409)",
    replace: 'false',
    test,
    says: 'says which header fields an answer has',
  },
  {
    name: 'an entity tag that the document does not name',
    file: 'src/http/openapi-headers.ts',
    find: "['ETag', 'ETag', succeeded && versioned]",
    replace: "['ETag', 'ETag', succeeded && versioned && status === 201]",
    test: 'test/http/titles-apart.test.ts',
    says: 'are answered as the OpenAPI document says',
  },
  {
    name: 'open deals found by walking all of them',
    file: 'src/exchanges/deals.statements.ts',
    find: 'and id = any(array(select id from ${this.kind.schema}.open))',
    replace: 'and id in (select id from ${this.kind.schema}.open)',
    test: 'test/trades/open-list.test.ts',
    says: 'reads no trade that is closed',
  },
];
