/**
 * Imports are the architecture. Each rule is an arrow that must not be, with its reason.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const notTests = '\\.test\\.ts$|^test/';
const processFiles = '^src/(main|worker|migrate|openapi|boundaries|config|api\\.module|worker\\.module|backlog-metrics)\\.ts$';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', comment: 'What depends on itself cannot be read in any order.', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', comment: 'An import that nothing answers, unless the build will.', from: {}, to: { couldNotResolve: true, pathNot: '^(\\.\\./)*dist/' } },
    {
      name: 'workflows-alone',
      severity: 'error',
      comment: 'Workflow code is deterministic, so it imports workflow code only.',
      from: { path: '^workflows/|^bench/usual-way/workflow\\.ts$' },
      to: { pathNot: '^workflows/|^bench/usual-way/contracts\\.ts$|^node_modules/@temporalio/(workflow|common)/' },
    },
    {
      name: 'contracts-only',
      severity: 'error',
      comment: 'The service knows of workflows what their contracts say.',
      from: { path: '^(src|activities|bench)/' },
      to: { path: '^workflows/', pathNot: '^workflows/contracts\\.ts$' },
    },
    { name: 'contracts-import-nothing', severity: 'error', comment: 'Both sides import the contracts.', from: { path: '^workflows/contracts\\.ts$' }, to: { path: '.' } },
    {
      name: 'activities-call-services',
      severity: 'error',
      comment: 'An activity calls one service; SQL and rules are behind it. One file tells an outage from a bad element for all of them.',
      from: { path: '^activities/' },
      to: { pathNot: '^workflows/contracts\\.ts$|^src/.*\\.(service|types)\\.ts$|^node_modules/@temporalio/activity/|^activities/isolate\\.ts$|^src/(errors|postgres/isolate)\\.ts$' },
    },
    {
      name: 'only-worker-knows-activities',
      severity: 'error',
      comment: 'Activities are wired in the worker.',
      from: { path: '^(src|workflows|stack|bench)/', pathNot: `${notTests}|^src/worker\\.ts$` },
      to: { path: '^activities/' },
    },
    {
      name: 'foundations-apart',
      severity: 'error',
      comment: 'Ledger and inventory do not know each other; what crosses them is a saga.',
      from: { path: '^src/(ledger|inventory|titles)/' },
      to: { path: '^src/(ledger|inventory|titles|trades|exchanges|sagas|temporal)/', pathNot: '^src/$1/' },
    },
    {
      name: 'deals-start-sagas',
      severity: 'error',
      comment: 'A deal moves value by starting a saga, never by calling ledger or inventory.',
      from: { path: '^src/(trades|exchanges)/' },
      to: { path: '^src/(ledger|inventory|titles)/' },
    },
    { name: 'exchanges-know-no-deal', severity: 'error', comment: 'The start of sagas serves every kind of deal.', from: { path: '^src/exchanges/' }, to: { path: '^src/trades/' } },
    {
      name: 'sagas-only-look',
      severity: 'error',
      comment: 'The operator\'s view reads the books and knows deals as the starter does. It moves nothing: an operator\'s act is an update of a run.',
      from: { path: '^src/sagas/' },
      to: { path: '^src/(ledger|inventory|titles|trades)/', pathNot: '^src/(ledger|inventory)/(ledger|inventory)\\.reads\\.ts$' },
    },
    {
      name: 'nobody-goes-by-the-view',
      severity: 'error',
      comment: 'What operators see is behind what is so, so nothing is decided by it.',
      from: { path: '^src/', pathNot: `^src/sagas/|${notTests}|${processFiles}` },
      to: { path: '^src/sagas/' },
    },
    {
      name: 'platform-below',
      severity: 'error',
      comment: 'The platform serves every boundary and knows none.',
      from: { path: '^src/(http|postgres|events)/', pathNot: notTests },
      to: { path: '^src/(titles|ledger|inventory|trades|exchanges|sagas|temporal)/' },
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
      to: { path: '\\.(service|statements|reads|controller|module|rows)\\.ts$|^src/(postgres|http|temporal)/|^node_modules/(typeorm|pg|@nestjs|@temporalio|fastify|pino)/|^(node:)?(fs|net|http|child_process)' },
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
      from: { path: '^src/', pathNot: '^src/(worker|temporal/(saga-workers|stuck-steps|local-steps))\\.ts$' },
      to: { path: '^node_modules/@temporalio/worker/|^src/temporal/saga-workers\\.ts$' },
    },
    {
      name: 'process-files-on-top',
      severity: 'error',
      comment: 'Only processes import what wires everything together. The configuration may be read by all.',
      from: { path: '^src/', pathNot: `${notTests}|${processFiles}` },
      to: { path: processFiles, pathNot: '^src/config\\.ts$' },
    },
    {
      name: 'bench-through-the-front-door',
      severity: 'error',
      comment: 'What drives and judges the service speaks REST and SQL, so that it measures any version; only what is compared, and the players it is filled with, use its code.',
      from: { path: '^bench/', pathNot: '^bench/(usual-way|system)/' },
      to: { path: '^src/' },
    },
    { name: 'service-without-stack', severity: 'error', comment: 'What a fresh machine lacks, and what tests or measures, is no part of the service.', from: { path: '^(src|workflows|activities)/' }, to: { path: '^(stack|test|bench)/' } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: notTests },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types'], extensions: ['.ts', '.js', '.mjs', '.json'] },
  },
};
