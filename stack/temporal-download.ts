import { TestWorkflowEnvironment } from '@temporalio/testing';

/**
 * Lets the SDK download its server into the folder given. The SDK only downloads in order to start, and gives the
 * server a short time to do so; whoever calls this looks for the file, and starts it.
 */
try {
  const environment = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'cached-download', downloadDir: process.argv[2] as string },
      log: { format: 'pretty', level: 'error' },
    },
  });
  await environment.teardown();
} catch (error) {
  console.error(error instanceof Error ? error.message.split('\n')[0] : String(error));
  process.exitCode = 1;
}
