/**
 * What channels cost: readers that count what they get, resumes in a storm, and Socket.IO and Bun
 * beside ours.
 */
@NullMarked
package dev.drawbridge.bench.load.channels;

import org.jspecify.annotations.NullMarked;
