/**
 * Imports are the architecture. Each rule is an arrow that must not be, with its reason.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const notTests = '\\.test\\.ts$|^test/';
const processFiles =
  '^src/(main|worker|migrate|reseal|openapi|boundaries|(api|worker|deal-books)\\.module|backlog-metrics)\\.ts$';

/**
 * Every folder of src/ by its class, and what a class may import of other folders. What is not said here is an error,
 * and so is a folder that is in no class.
 */
const classes = {
  platform: {
    folders: ['process', 'http', 'postgres', 'events'],
    mayImport: ['process', 'http', 'postgres', 'events'],
    why: 'The platform serves every boundary and knows none.',
  },
  temporal: {
    folders: ['temporal'],
    mayImport: ['process', 'http', 'postgres'],
    why: 'The connection to Temporal serves every kind of saga and knows none.',
  },
  foundation: {
    folders: ['titles', 'ledger', 'inventory'],
    mayImport: ['process', 'http', 'postgres', 'events'],
    why: 'Ledger and inventory do not know each other; what crosses them is a saga.',
  },
  catalog: {
    folders: ['catalog'],
    mayImport: ['process', 'http', 'postgres', 'events'],
    files: '^src/(ledger|inventory)/(ledger|inventory)\\.reads\\.ts$',
    why: 'A product names assets and items, so the catalog asks whether they are defined. It moves nothing.',
  },
  exchanges: {
    folders: ['exchanges'],
    mayImport: ['process', 'http', 'postgres', 'events', 'temporal'],
    why: 'The start of sagas serves every kind of deal.',
  },
  deal: {
    folders: ['trades'],
    mayImport: ['process', 'http', 'postgres', 'events', 'temporal', 'exchanges'],
    why: 'A deal moves value by starting a saga, never by calling ledger or inventory, and knows no other deal.',
  },
  store: {
    folders: ['purchases'],
    mayImport: ['process', 'http', 'postgres', 'events', 'temporal', 'exchanges', 'catalog', 'payments'],
    why: 'A purchase is a deal that also asks the catalog what is sold, and payments how it is paid.',
  },
  refunds: {
    folders: ['refunds'],
    mayImport: ['process', 'http', 'postgres', 'events', 'temporal', 'exchanges', 'catalog', 'purchases', 'payments'],
    files: '^src/ledger/ledger\\.reads\\.ts$',
    why: 'A refund is a deal that also asks what was bought, paid and booked. No other deal knows another kind.',
  },
  payments: {
    folders: ['payments'],
    mayImport: ['process', 'http', 'postgres', 'events'],
    why: 'A payment provider is known here alone.',
  },
  view: {
    folders: ['sagas'],
    mayImport: ['process', 'http', 'postgres', 'events', 'temporal', 'exchanges'],
    files: '^src/(ledger|inventory|payments)/(ledger|inventory|payments)\\.reads\\.ts$',
    why:
      "The operator's view reads the books and moves nothing. An operator's act is an update of a run. " +
      'Nothing is decided by the view.',
  },
  integrity: {
    folders: ['integrity'],
    mayImport: ['process', 'http'],
    files: '^src/(ledger|inventory)/integrity\\.(reads|types)\\.ts$',
    why: 'Whether the books hold is what each boundary says of its own. It is put together here, and changes nothing.',
  },
  reconciliation: {
    folders: ['reconciliation'],
    mayImport: ['process', 'http', 'postgres', 'events', 'temporal'],
    files: '^src/payments/(accounts\\.(service|types)|payments\\.module|stripe/stripe-http)\\.ts$',
    why:
      'Reconciliation has its own SQL over all tables and shares no code with what has written them. ' +
      'Of the payments it asks for the secrets of accounts, and sends by their connections.',
  },
};
const foldersOfClasses = Object.values(classes).flatMap(({ folders }) => folders);
const anyFolder = '^src/[^/]+/';
const inNoClass = { path: anyFolder, pathNot: `^src/(${foldersOfClasses.join('|')})/` };
const classRules = Object.entries(classes).map(([name, { folders, mayImport, files, why }]) => ({
  name: `${name}-imports`,
  severity: 'error',
  comment: why,
  from: { path: `^src/(${folders.join('|')})/`, pathNot: '\\.test\\.ts$' },
  to: { path: anyFolder, pathNot: [`^src/($1|${mayImport.join('|')})/`, ...(files === undefined ? [] : [files])] },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'What depends on itself cannot be read in any order.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolved',
      severity: 'error',
      comment: 'An import that nothing answers, unless the build will.',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(\\.\\./)*dist/' },
    },
    {
      name: 'workflows-alone',
      severity: 'error',
      comment: 'Workflow code is deterministic, so it imports workflow code and contracts only.',
      from: { path: '^workflows/|^bench/usual-way/workflow\\.ts$' },
      to: {
        pathNot:
          '^workflows/|^contracts/|^bench/usual-way/contracts\\.ts$|^node_modules/@temporalio/(workflow|common)/',
      },
    },
    {
      name: 'contracts-only',
      severity: 'error',
      comment: 'The service knows of workflows what the contracts say.',
      from: { path: '^(src|activities|bench)/' },
      to: { path: '^workflows/', pathNot: '^workflows/(settle-forward|forward-steps)\\.ts$' },
    },
    {
      name: 'one-forward-way',
      severity: 'error',
      comment: 'The forward way is written once. The local attempt makes it with the activities of the worker.',
      from: { path: '^(src|contracts|bench|activities)/', pathNot: '^activities/forward\\.activities\\.ts$' },
      to: { path: '^workflows/(settle-forward|forward-steps)\\.ts$' },
    },
    {
      name: 'contracts-import-nothing',
      severity: 'error',
      comment: 'Every process imports the contracts.',
      from: { path: '^contracts/' },
      to: { pathNot: '^contracts/' },
    },
    {
      name: 'activities-call-services',
      severity: 'error',
      comment:
        'An activity calls one service; SQL and rules are behind it. ' +
        'One file tells an outage from a bad element for all of them, and one a row that somebody else holds.',
      from: { path: '^activities/' },
      to: {
        pathNot: [
          '^contracts/',
          '^src/.*\\.(service|types)\\.ts$',
          '^node_modules/@temporalio/activity/',
          '^activities/',
          '^workflows/(settle-forward|forward-steps)\\.ts$',
          '^src/(errors|postgres/split-on-failure|postgres/held-rows)\\.ts$',
        ],
      },
    },
    {
      name: 'only-worker-knows-activities',
      severity: 'error',
      comment: 'Activities are wired in the worker.',
      from: { path: '^(src|contracts|workflows|stack|bench)/', pathNot: `${notTests}|^src/worker\\.ts$` },
      to: { path: '^activities/' },
    },
    ...classRules,
    {
      name: 'folder-in-no-class',
      severity: 'error',
      comment: 'A new folder says what it may import, in the table above.',
      from: inNoClass,
      to: {},
    },
    {
      name: 'file-in-no-class',
      severity: 'error',
      comment:
        'What every folder may import of src/ itself is errors, ids, forms and the rules of money, ' +
        'which import no folder.',
      from: {},
      to: { path: '^src/[^/]+\\.ts$', pathNot: `^src/(errors|ids|forms|money\\.rules)\\.ts$|${processFiles}` },
    },
    {
      name: 'errors-ids-forms-import-no-folder',
      severity: 'error',
      comment: 'Every folder may import them, so a folder behind them would be open to all.',
      from: { path: '^src/(errors|ids|forms|money\\.rules)\\.ts$' },
      to: { path: anyFolder },
    },
    {
      name: 'folder-in-no-class-alone',
      severity: 'error',
      comment: 'Also one that imports nothing.',
      from: { ...inNoClass, orphan: true },
      to: {},
    },
    {
      name: 'outbox-only',
      severity: 'error',
      comment: 'Of events, a boundary imports the outbox alone.',
      from: { path: '^src/', pathNot: '^src/events/' },
      to: { path: '^src/events/', pathNot: '^src/events/outbox\\.ts$' },
    },
    {
      name: 'rules-are-pure',
      severity: 'error',
      comment: 'What decides does no I/O, so that it can be tested against an oracle.',
      from: { path: '\\.rules\\.ts$' },
      to: {
        path: [
          '\\.(service|statements|reads|controller|module|rows)\\.ts$',
          '^src/(postgres|http|temporal)/',
          '^node_modules/(typeorm|pg|@nestjs|@temporalio|fastify|pino)/',
          '^(node:)?(fs|net|http|child_process)',
        ],
      },
    },
    {
      name: 'controllers-without-database',
      severity: 'error',
      comment: 'A controller speaks HTTP and calls services and reads.',
      from: { path: '\\.controller\\.ts$' },
      to: { path: '^node_modules/(typeorm|pg)/|\\.statements\\.ts$|^src/postgres/' },
    },
    {
      name: 'temporal-worker-in-the-worker',
      severity: 'error',
      comment: 'The native worker is loaded by the worker process alone.',
      from: { path: '^src/', pathNot: '^src/(worker|temporal/(saga-workers|stuck-steps))\\.ts$' },
      to: { path: '^node_modules/@temporalio/worker/|^src/temporal/saga-workers\\.ts$' },
    },
    {
      name: 'process-files-on-top',
      severity: 'error',
      comment: 'Only processes import what wires everything together.',
      from: { path: '^src/', pathNot: `${notTests}|${processFiles}` },
      to: { path: processFiles },
    },
    {
      name: 'bench-through-the-front-door',
      severity: 'error',
      comment:
        'What drives and judges the service speaks REST and SQL, so that it measures any version; ' +
        'only what is compared, and the players it is filled with, use its code.',
      from: { path: '^bench/', pathNot: '^bench/(usual-way|system)/' },
      to: { path: '^src/' },
    },
    {
      name: 'service-without-stack',
      severity: 'error',
      comment: 'What a fresh machine lacks, and what tests or measures, is no part of the service.',
      from: { path: '^(src|contracts|workflows|activities)/' },
      to: { path: '^(stack|test|bench)/' },
    },
    {
      name: 'stripe-in-its-adapter',
      severity: 'error',
      comment: "The words of a payment provider are known by its adapter. All others speak the port's.",
      from: {
        path: '^(src|contracts|workflows|activities|stack|bench|simulator)/',
        pathNot: '^src/payments/stripe/|^src/reconciliation/money/|^bench/inside-the-request/',
      },
      to: { path: '^node_modules/stripe/' },
    },
    {
      name: 'simulator-alone',
      severity: 'error',
      comment: 'The double of the payment provider is spoken to over HTTP, as the provider is, and knows no Veltrix.',
      from: { path: '^simulator/' },
      to: { path: '^(src|contracts|workflows|activities|stack|bench|test)/' },
    },
    {
      name: 'nobody-imports-the-simulator',
      severity: 'error',
      comment: 'What imports the double would not work with the provider.',
      from: { path: '^(src|contracts|workflows|activities|stack|bench)/' },
      to: { path: '^simulator/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: notTests },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
};
