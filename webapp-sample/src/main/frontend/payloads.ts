/** The payloads of ChatServlet. */
export interface ChatSend {
  to: string;
  text: string;
}

export interface ChatMessage {
  from: string;
  text: string;
  sentAt: number;
}

export interface Sent {
  sentAt: number;
}
