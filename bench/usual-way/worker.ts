import 'reflect-metadata';
import { fileURLToPath } from 'node:url';
import { NativeConnection, Worker } from '@temporalio/worker';
import { openServices } from '../system/services.js';
import { usualActivities } from './activities.js';
import { usualTaskQueue } from './contracts.js';
import { usualPurchaseActivities } from './purchase-activities.js';

/**
 * The worker of the usual way: its own process on its own task queue, with what the Temporal SDK is set to by default.
 */
const services = await openServices(process.env['DATABASE_URL'] ?? '');
const connection = await NativeConnection.connect({
  address: process.env['TEMPORAL_ADDRESS'] ?? '',
  grpcCompression: { codec: 'none' },
});
const worker = await Worker.create({
  connection,
  taskQueue: usualTaskQueue,
  workflowsPath: fileURLToPath(new URL('./workflow.js', import.meta.url)),
  activities: {
    ...usualActivities(services),
    ...usualPurchaseActivities(services, process.env['STRIPE_API_URL'] ?? 'http://127.0.0.1'),
  },
});
process.stdout.write('polling\n');
await worker.run();
await connection.close();
await services.close();
