const here = 'test/http/metrics-told.test.ts';
const ofSagas = 'test/saga/metrics.test.ts';
const [ofOrphans, ofCalls] = ['test/http/orphan-metrics.test.ts', 'test/payments/account-away.test.ts'];
const ofOutside = 'test/http/outside-metrics.test.ts';
const ofHeldRows = 'test/http/held-rows.test.ts';
const ofReconciliation = 'test/reconciliation/routes.test.ts';

/** Every metric with its labels, and the test that holds it to what happened. */
export const held: Record<string, { labels: string[]; by: string }> = {
  veltrix_deal_outcomes_total: { labels: ['kind', 'state', 'reason'], by: ofSagas },
  veltrix_deal_seconds: { labels: ['kind', 'state'], by: ofSagas },
  veltrix_deals_not_there_total: { labels: [], by: 'test/saga/forgotten-deals.test.ts' },
  veltrix_step_seconds: { labels: ['step', 'result'], by: ofSagas },
  veltrix_http_requests_total: { labels: ['method', 'route', 'status'], by: here },
  veltrix_http_request_duration_seconds: { labels: ['method', 'route', 'status'], by: here },
  veltrix_degraded: { labels: ['part'], by: 'test/http/readiness.test.ts' },
  veltrix_pool_connections: { labels: ['database', 'state'], by: here },
  veltrix_requests_set_aside: { labels: [], by: ofHeldRows },
  veltrix_payment_breaker: { labels: ['provider', 'title'], by: ofCalls },
  veltrix_payment_calls_total: { labels: ['provider', 'call', 'result'], by: ofCalls },
  veltrix_payment_call_seconds: { labels: ['provider', 'call'], by: ofCalls },
  veltrix_payment_events_total: { labels: ['outcome'], by: here },
  veltrix_payment_outside_total: { labels: ['outcome'], by: 'test/payments/outside.test.ts' },
  veltrix_payment_disputes: { labels: ['state'], by: ofOutside },
  veltrix_payment_outside_looks: { labels: ['state'], by: ofOutside },
  veltrix_payment_oldest_goods_seconds: { labels: [], by: ofOutside },
  veltrix_payment_orphans: { labels: ['state'], by: ofOrphans },
  veltrix_payment_refunds_parked: { labels: ['state'], by: ofOrphans },
  veltrix_payment_refunds_reversed_total: { labels: [], by: 'test/payments/refund-words.test.ts' },
  veltrix_reconciliation_cases: { labels: ['priority'], by: ofReconciliation },
  veltrix_reconciliation_last_seconds: { labels: ['kind'], by: ofReconciliation },
  veltrix_reconciliation_incomplete: { labels: ['kind'], by: ofReconciliation },
  veltrix_reconciliation_stopped: { labels: ['kind'], by: ofReconciliation },
  veltrix_outbox_depth: { labels: ['boundary'], by: here },
  veltrix_oldest_open_deal_seconds: { labels: ['kind', 'started'], by: here },
  veltrix_sagas: { labels: ['state'], by: here },
  veltrix_oldest_stuck_seconds: { labels: [], by: here },
  veltrix_convoy_exchanges: { labels: [], by: here },
  veltrix_convoy_waiting_exchanges: { labels: [], by: here },
};
