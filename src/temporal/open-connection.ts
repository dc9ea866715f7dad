import {
  Connection,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
  type ConnectionOptions,
} from '@temporalio/client';
import { messageOf } from '../errors.js';

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];
type Call = ReturnType<Interceptor>;

/** The status `CANCELLED`, after which no call is tried again. */
const cancelled = 1;

/** How soon a lost connection is tried again: gRPC by itself would come to wait for two minutes after a long outage. */
const comesBack = { 'grpc.initial_reconnect_backoff_ms': 250, 'grpc.max_reconnect_backoff_ms': 2_000 };

/**
 * Opens a connection to Temporal. It connects when it is first used. Every client of this project has its connection
 * from here. Closing it rejects the calls that wait for their next try, at the time of that try; nothing is thrown
 * outside of a promise.
 */
export function openConnection(options: ConnectionOptions): Connection {
  // The first is the outermost: the SDK's own retries go through `afterClose` one by one.
  return Connection.lazy({
    ...options,
    channelArgs: comesBack,
    interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions()), afterClose],
  });
}

/**
 * The SDK begins the next try of a call by a timer. A closed channel throws where a call is begun, and what a timer
 * throws ends the process. So the throw becomes a call that fails.
 */
const afterClose: Interceptor = (options, nextCall) => {
  try {
    return nextCall(options) as Call;
  } catch (error) {
    return failedCall(messageOf(error)) as Call;
  }
};

function failedCall(details: string): Pick<Call, keyof Call> {
  const nothing = (): void => undefined;
  return {
    start(metadata, listener) {
      const none = metadata.clone();
      for (const key of Object.keys(none.getMap())) none.remove(key);
      // The SDK hands over a message before each status, and reads it.
      listener?.onReceiveMessage?.(null);
      listener?.onReceiveStatus?.({ code: cancelled, details, metadata: none });
    },
    sendMessage: nothing,
    sendMessageWithContext: nothing,
    startRead: nothing,
    halfClose: nothing,
    cancelWithStatus: nothing,
    getPeer: () => '',
    getAuthContext: () => null,
  };
}
