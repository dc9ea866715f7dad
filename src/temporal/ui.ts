import type { Config } from '../process/config.js';

/** The page of a workflow in the Temporal UI. */
export function workflowUrl(config: Config, workflowId: string): string {
  const base = config.TEMPORAL_UI_URL.replace(/\/+$/, '');
  const namespace = encodeURIComponent(config.TEMPORAL_NAMESPACE);
  return `${base}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}`;
}
