import {
  Connection,
  defaultGrpcRetryOptions,
  makeGrpcRetryInterceptor,
  type ConnectionOptions,
} from '@temporalio/client';
import { messageOf } from '../errors.js';
import { deadlineIn } from './deadline.js';
import { RenewedChannel } from './renewed-channel.js';

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];
type Call = ReturnType<Interceptor>;

/** The status `CANCELLED`, after which no call is tried again. */
const cancelled = 1;

/**
 * How soon a lost connection is tried again: gRPC by itself would come to wait for two minutes after a long outage. A
 * connection on which nothing comes is asked whether the server is there, and is dropped where it does not say so. A
 * server of Temporal allows one such question in ten seconds.
 */
const comesBack = {
  'grpc.initial_reconnect_backoff_ms': 250,
  'grpc.max_reconnect_backoff_ms': 2_000,
  'grpc.keepalive_time_ms': 11_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
};

/** How long a call may take that says nothing else. The server ends its longest polls after twenty seconds. */
const longestCallMs = 60_000;

/**
 * Opens a connection to Temporal. It connects when it is first used. Every client of this project has its connection
 * from here. Closing it rejects the calls that wait for their next try, at the time of that try; nothing is thrown
 * outside of a promise.
 */
export function openConnection(options: ConnectionOptions): Connection {
  // The first is the outermost: the SDK's own retries go through `afterClose` one by one.
  return Connection.lazy({
    ...options,
    // The SDK hands these to the library as they are, and its types do not say so of a factory.
    channelArgs: { ...comesBack, channelFactoryOverride: renewed } as ConnectionOptions['channelArgs'],
    interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions()), withDeadline, afterClose],
  });
}

/** Makes the channel of a connection in the place of the library. */
const renewed = (...parameters: ConstructorParameters<typeof RenewedChannel>): RenewedChannel =>
  new RenewedChannel(...parameters);

/** Gives each try of a call a deadline that has none. */
const withDeadline: Interceptor = (options, nextCall) =>
  nextCall({ ...options, deadline: options.deadline ?? deadlineIn(longestCallMs) }) as Call;

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
