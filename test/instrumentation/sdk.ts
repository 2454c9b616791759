/** Preloaded into an application: NodeSDK as its environment says, flushed when the application has nothing left to do. */
import { NodeSDK } from '@opentelemetry/sdk-node';

const sdk = new NodeSDK();
sdk.start();
process.once('beforeExit', () => sdk.shutdown());
