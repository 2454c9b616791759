import type { Agent } from 'node:http';

/** Makes the agent of an exporter; the argument is `http:` or `https:`. */
export type AgentFactory = (protocol: string) => Agent | Promise<Agent>;

/**
 * `makeAgent`, with each connection that could not be made reported at once.
 *
 * The stock transport retries for up to 10 s before it says anything.
 */
export function reportConnectErrors(makeAgent: AgentFactory, report: (error: Error) => void): AgentFactory {
  return async (protocol) => {
    const agent = await makeAgent(protocol);
    const connect = agent.createConnection.bind(agent);
    agent.createConnection = (...args) => {
      const socket = connect(...args);
      socket?.once('error', report).once('connect', () => socket.off('error', report));
      return socket;
    };
    return agent;
  };
}
