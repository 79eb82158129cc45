-- For a server that begins anew, and for what one that has died has left.
CREATE INDEX ix_drawbridge_member_node ON drawbridge_member (cluster, node);
