/** What is shown: rows, search attributes, notes, metrics, and whom an operator reaches. See mutations.mjs. */
const alone = 'test/saga/shown.test.ts';
const together = 'test/convoys/shown.test.ts';
const reach = 'test/sagas/reach.test.ts';
const ofSagas = 'test/saga/metrics.test.ts';
const ofApi = 'test/http/metrics-told.test.ts';
const attributes = 'src/temporal/search-attributes.test.ts';

const resolved = 'a saga that is resolved is shown to go on, and ended';
const parked = 'is parked without an owner, freed and ended';
const leaves = 'one that leaves a convoy at its hold';
const reaches = 'and is noted by the convoy alone reaches that run: retry';
const outcomes = 'the outcomes of trades are counted by state and reason';
const operator = 'src/sagas/saga-operator.service.ts';
const choice =
  "noted !== undefined && noted.alone && noted.state !== 'ended' ? noted.workflowId : exchangeWorkflowId(deal.exchange)";
const mark = "this.notes.mark(state === 'stuck' || state === 'parked');";
const backlog = 'src/backlog-metrics.ts';

export default [
  {
    name: 'row still marked as stuck when its run goes on',
    file: 'workflows/run-status.ts',
    find: `this.notes.mark(state === 'stuck' || state === 'parked');`,
    replace: `if (state === 'stuck' || state === 'parked') this.notes.mark(true);`,
    test: 'test/saga/shown.test.ts',
    says: 'a saga that is resolved is shown to go on, and ended',
  },
  {
    name: 'parked saga not marked on its row',
    file: 'workflows/run-status.ts',
    find: `this.notes.mark(state === 'stuck' || state === 'parked');`,
    replace: `this.notes.mark(state === 'stuck');`,
    test: 'test/saga/shown.test.ts',
    says: 'is parked without an owner, freed and ended',
  },
  {
    name: 'run that goes on not told of',
    file: 'workflows/run-status.ts',
    find: '    this.note(null, `the saga is ${shown}`);\n',
    replace: '    if (first !== undefined) this.note(null, `the saga is ${shown}`);\n',
    test: 'test/saga/shown.test.ts',
    says: 'a saga that is resolved is shown to go on, and ended',
  },
  {
    name: 'step still shown when its run goes on',
    file: 'workflows/run-status.ts',
    find: '      { key: stepKey, value: at ?? null },\n',
    replace: '      ...(at ? [{ key: stepKey, value: at }] : []),\n',
    test: 'test/saga/shown.test.ts',
    says: 'a saga that is resolved is shown to go on, and ended',
  },
  {
    name: 'since when it is stuck still shown when its run goes on',
    file: 'workflows/run-status.ts',
    find: '      { key: sinceKey, value: since },\n',
    replace: '      ...(since ? [{ key: sinceKey, value: since }] : []),\n',
    test: 'test/saga/shown.test.ts',
    says: 'a saga that is resolved is shown to go on, and ended',
  },
  {
    name: 'parked saga without its owner',
    file: 'workflows/run-status.ts',
    find: 'stuckAt: parked ?? stuck ?? awaited ?? null, owner: this.owner, act }',
    replace: 'stuckAt: parked ?? stuck ?? awaited ?? null, owner: null, act }',
    test: 'test/saga/shown.test.ts',
    says: 'a saga of items alone that is turned back',
  },
  {
    name: 'stuck saga that says that it is parked',
    file: 'workflows/run-details.ts',
    find: `undo ? 'Parked, because`,
    replace: `!undo ? 'Parked, because`,
    test: 'test/saga/shown.test.ts',
    says: 'is parked without an owner, freed and ended',
  },
  {
    name: 'convoy tells of who has left it',
    file: 'workflows/saga-notes.ts',
    find: 'for (const id of ids) this.left.add(id);',
    replace: 'void ids;',
    test: together,
    says: leaves,
  },
  {
    name: 'convoy marks who has left it',
    file: 'workflows/saga-notes.ts',
    find: '    const staying = this.staying();\n    const kinds',
    replace: '    const staying = this.subjects;\n    const kinds',
    test: 'test/convoys/shown.test.ts',
    says: 'one that leaves a convoy at its hold',
  },
  {
    name: 'leaver that is not told what it has left',
    file: 'activities/leave.activities.ts',
    find: 'activityInfo().workflowExecution?.workflowId',
    replace: '(void activityInfo, undefined)',
    test: together,
    says: leaves,
  },
  {
    name: 'leaver that does not say what it has left',
    file: 'src/exchanges/exchange-starter.service.ts',
    find: 'await this.start([exchange], workflowId, leftFrom);',
    replace: 'await this.start([exchange], workflowId);',
    test: together,
    says: leaves,
  },
  {
    name: 'story of a leaver without its convoy',
    file: 'src/sagas/saga-runs.ts',
    find: 'run?.leftFrom === undefined || asked.has(run.leftFrom)',
    replace: 'run?.leftFrom === undefined || asked.size > 0',
    test: together,
    says: 'which was never stuck, and has told nothing',
  },
  {
    name: 'operator reaches the convoy that has noted the saga',
    file: operator,
    find: choice,
    replace: choice.replace('noted.alone && ', ''),
    test: reach,
    says: reaches,
  },
  {
    name: 'operator reaches the run that was noted last though it has ended',
    file: operator,
    find: choice,
    replace: choice.replace(" && noted.state !== 'ended'", ''),
    test: reach,
    says: 'is noted as ended by a run that was alone under the name of the convoy reaches that run: retry',
  },
  {
    name: 'operator reaches the run that the row names',
    file: operator,
    find: choice,
    replace: 'deal.workflowId ?? exchangeWorkflowId(deal.exchange)',
    test: reach,
    says: 'is noted by it, and named by its row as one of the convoy reaches that run: retry',
  },
  {
    name: 'operator does not reach a run under the name of a convoy',
    file: operator,
    find: choice,
    replace: '(void noted, exchangeWorkflowId(deal.exchange))',
    test: reach,
    says: 'is noted by it, which has the name of a convoy reaches that run: retry',
  },
  {
    name: 'convoy found as a trade',
    file: 'src/temporal/search-attributes.ts',
    find: "value: 'convoy' }",
    replace: 'value: first.kind }',
    test: attributes,
    says: 'where it settles two of one title',
  },
  {
    name: 'convoy found by the title of its first',
    file: 'src/temporal/search-attributes.ts',
    find: 'exchanges.every((exchange) => exchange.title === first.title)',
    replace: 'exchanges.some((exchange) => exchange.title === first.title)',
    test: attributes,
    says: 'where it settles the last of another title',
  },
  {
    name: 'convoy not found by its title',
    file: 'src/temporal/search-attributes.ts',
    find: 'value: state }, ...title];',
    replace: 'value: state }];',
    test: attributes,
    says: 'where it settles two of one title',
  },
  {
    name: 'outcome of a deal without its reason',
    file: 'src/exchanges/deal-metrics.ts',
    find: 'this.outcomes.inc({ kind, state, reason });',
    replace: "this.outcomes.inc({ kind, state, reason: reason && '' });",
    test: ofSagas,
    says: outcomes,
  },
  {
    name: 'outcome of a deal under another state',
    file: 'src/exchanges/deal-metrics.ts',
    find: 'this.outcomes.inc({ kind, state, reason });',
    replace: "this.outcomes.inc({ kind, state: state === 'compensated' ? 'refused' : state, reason });",
    test: ofSagas,
    says: outcomes,
  },
  {
    name: 'seconds of a deal under another state',
    file: 'src/exchanges/deal-metrics.ts',
    find: 'this.seconds.observe({ kind, state }, seconds);',
    replace: "this.seconds.observe({ kind, state: 'settled' }, seconds);",
    test: ofSagas,
    says: outcomes,
  },
  {
    name: 'attempt that failed timed as one that answered',
    file: 'src/temporal/timed-activities.ts',
    find: `end({ result: 'failed' });`,
    replace: `end({ result: 'answered' });`,
    test: 'test/saga/metrics.test.ts',
    says: 'the attempts at steps are timed',
  },
  {
    name: 'sagas of each state counted as of another',
    file: backlog,
    find: 'sagas.filter((saga) => saga.state === state).length',
    replace: "sagas.filter((saga) => (saga.state === 'parked' ? 'compensating' : saga.state) === state).length",
    test: ofApi,
    says: 'the sagas that want somebody are counted by state',
  },
  {
    name: 'open deals told as started that were not',
    file: backlog,
    find: "this.set({ kind: book.kind, started: 'true' }, started);",
    replace: "this.set({ kind: book.kind, started: 'true' }, waiting);",
    test: ofApi,
    says: 'the oldest open trades are told',
  },
  {
    name: 'outbox counted of another boundary',
    file: backlog,
    find: '<[{ depth: string }]>(outboxDepth(schema));',
    replace: "<[{ depth: string }]>(outboxDepth(schema === 'sagas' ? 'trades' : schema));",
    test: ofApi,
    says: 'the outboxes are counted by boundary',
  },
  {
    name: 'outbox that is not counted',
    file: 'src/backlog-metrics.ts',
    find: 'boundaries.map(async',
    replace: 'boundaries.slice(1).map(async',
    test: ofApi,
    says: 'the outboxes are counted by boundary',
  },
  {
    name: 'connections that are idle counted as busy',
    file: 'src/process/metrics.ts',
    find: 'master.totalCount - master.idleCount',
    replace: 'master.totalCount',
    test: ofApi,
    says: 'the connections of pools are counted',
  },
  {
    name: 'metric that no test holds',
    file: backlog,
    find: "    let look: ReturnType<SagaMetrics['needingAttention']> | undefined;\n",
    replace:
      "    new Gauge({ name: 'veltrix_more', help: 'More', registers: [registry] });\n    let look: ReturnType<SagaMetrics['needingAttention']> | undefined;\n",
    test: ofApi,
    says: 'every metric of API and worker is held',
  },
];
