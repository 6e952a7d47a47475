// One layer of integrate-and-fire neurons in whole numbers, taking its spikes one after another and LANES
// neurons in each clock. Verilog-2005, without vendors' primitives: memories are inferred.
//
// A step begins with `start`; spikes_in must hold until `done`, which lasts one clock, and spikes_out holds from
// then until the next step's end. `fresh` beside `start` forgets the sample before. In a step each neuron does
//   v = leak(v) [- threshold, or 0, if it fired], + bias, + the weights of the sources that spike,
//   saturated; it fires if v > threshold.
// A word of a memory is LANES neurons, the first in the lowest bits; lanes beyond NEURONS are padded with weights
// of 0 and never fire.
module loci_lif #(
  parameter SOURCES = 64,
  parameter NEURONS = 32,
  parameter LANES = 1,
  parameter WEIGHT_BITS = 8,
  parameter STATE_BITS = 26,          // holds any sum before it saturates
  parameter signed [STATE_BITS-1:0] LOWEST = -8388608,  // where membranes saturate
  parameter signed [STATE_BITS-1:0] HIGHEST = 8388607,
  parameter LEAK_BITS = 12,           // a leak of 1 is 2^LEAK_BITS
  parameter [0:0] RESET_SUBTRACTS = 1'b1,     // 0: to zero
  parameter [0:0] RESET_AT_ONCE = 1'b0,       // 0: with the next step's leak
  parameter [0:0] UNIFORM = 1'b1,             // all neurons have LEAK and THRESHOLD; 0: NEURON_FILE
  parameter [LEAK_BITS:0] LEAK = 4096,
  parameter signed [STATE_BITS-1:0] THRESHOLD = 1,
  parameter [0:0] BIASED = 1'b0,              // biases from BIAS_FILE, and by way of bias_write
  parameter WEIGHT_FILE = "weight.hex",  // word source * WORDS + n: weights to neurons n * LANES...
  parameter NEURON_FILE = "neuron.hex",  // word n: {threshold, leak} of each lane
  parameter BIAS_FILE = "bias.hex"       // word n: bias of each lane
) (
  input  wire clk,
  input  wire rst,
  input  wire start,
  input  wire fresh,
  input  wire [SOURCES-1:0] spikes_in,
  output reg  done,
  output reg  [NEURONS-1:0] spikes_out,
  // Between samples: sets the biases of a word of neurons, as for a sample's constant currents.
  input  wire bias_write,
  input  wire [15:0] bias_word,
  input  wire [LANES*STATE_BITS-1:0] bias_value
);
  localparam WORDS = (NEURONS + LANES - 1) / LANES;
  localparam NEURON_BITS = STATE_BITS + LEAK_BITS + 1;

  function integer bits_of;  // of the numbers below n
    input integer n;
    begin
      bits_of = 1;
      while ((1 << bits_of) < n) bits_of = bits_of + 1;
    end
  endfunction
  localparam WORD_BITS = bits_of(WORDS);
  localparam ADDRESS_BITS = bits_of(SOURCES * WORDS);
  /* verilator lint_off WIDTH */
  localparam [WORD_BITS-1:0] LAST = WORDS - 1;
  localparam [ADDRESS_BITS-1:0] STRIDE = WORDS;
  /* verilator lint_on WIDTH */

  localparam IDLE = 0, LEAKING = 1, LOOKING = 2, ADDING = 3, FIRING = 4;
  reg [2:0] phase;
  reg forget;
  reg [WORD_BITS-1:0] word;             // read in this clock
  reg reading;
  reg [SOURCES-1:0] waiting;            // spikes of the sources that are left
  reg [ADDRESS_BITS-1:0] row;           // the first of these sources' first weight
  reg [ADDRESS_BITS-1:0] weight_address;

  // What was read arrives one clock later, and its product, in the leak, two.
  reg arrived, multiplied;
  reg [WORD_BITS-1:0] arrived_word, multiplied_word;
  wire last_word = word == LAST;

  reg [LANES*STATE_BITS-1:0] state [0:WORDS-1];
  reg [LANES*STATE_BITS-1:0] state_read;
  wire [LANES*STATE_BITS-1:0] state_written;
  wire write = phase == LEAKING ? multiplied : arrived;
  wire [WORD_BITS-1:0] written_word = phase == LEAKING ? multiplied_word : arrived_word;
  always @(posedge clk) begin
    state_read <= state[word];
    if (write) state[written_word] <= state_written;
  end

  reg [LANES*WEIGHT_BITS-1:0] weight [0:SOURCES*WORDS-1];
  reg [LANES*WEIGHT_BITS-1:0] weight_read;
  initial $readmemh(WEIGHT_FILE, weight);
  always @(posedge clk) weight_read <= weight[weight_address];

  wire [LANES*NEURON_BITS-1:0] neuron_read;
  generate
    if (UNIFORM) begin : same
      assign neuron_read = {LANES{THRESHOLD, LEAK}};
    end else begin : own
      reg [LANES*NEURON_BITS-1:0] neuron [0:WORDS-1];
      reg [LANES*NEURON_BITS-1:0] read;
      initial $readmemh(NEURON_FILE, neuron);
      always @(posedge clk) read <= neuron[word];
      assign neuron_read = read;
    end
  endgenerate

  wire [LANES*STATE_BITS-1:0] bias_read;
  generate
    if (BIASED) begin : biased
      reg [LANES*STATE_BITS-1:0] bias [0:WORDS-1];
      reg [LANES*STATE_BITS-1:0] read;
      initial $readmemh(BIAS_FILE, bias);
      always @(posedge clk) begin
        read <= bias[word];
        if (bias_write) bias[bias_word[WORD_BITS-1:0]] <= bias_value;
      end
      assign bias_read = read;
    end else begin : unbiased
      assign bias_read = {LANES*STATE_BITS{1'b0}};
    end
  endgenerate

  wire [LANES-1:0] fires;
  genvar lane;
  generate
    for (lane = 0; lane < LANES; lane = lane + 1) begin : lanes
      wire signed [STATE_BITS-1:0] v = state_read[lane*STATE_BITS +: STATE_BITS];
      wire signed [STATE_BITS-1:0] bias = bias_read[lane*STATE_BITS +: STATE_BITS];
      wire signed [STATE_BITS-1:0] w = {
          {(STATE_BITS - WEIGHT_BITS){weight_read[(lane + 1)*WEIGHT_BITS - 1]}},
          weight_read[lane*WEIGHT_BITS +: WEIGHT_BITS]};
      wire signed [LEAK_BITS+1:0] leak = {1'b0, neuron_read[lane*NEURON_BITS +: LEAK_BITS+1]};
      wire signed [STATE_BITS-1:0] threshold =
          neuron_read[lane*NEURON_BITS + LEAK_BITS + 1 +: STATE_BITS];
      wire signed [STATE_BITS-1:0] kept =
          v < LOWEST ? LOWEST : v > HIGHEST ? HIGHEST : v;
      // Also who is reset late: such a neuron keeps the membrane it fired with.
      wire fired = kept > threshold;
      assign fires[lane] = fired;

      // First clock of the leak: the product.
      reg signed [STATE_BITS+LEAK_BITS+1:0] product;
      reg signed [STATE_BITS-1:0] threshold_then, bias_then;
      reg late;
      always @(posedge clk) begin
        product <= forget ? 0 : v * leak;
        threshold_then <= threshold;
        bias_then <= bias;
        late <= !RESET_AT_ONCE && fired && !forget;
      end
      // Second clock: rounded toward zero, reset, saturated, and with the bias.
      wire signed [STATE_BITS+LEAK_BITS+1:0] rounded =
          (product < 0 ? product + ((1 << LEAK_BITS) - 1) : product) >>> LEAK_BITS;
      wire signed [STATE_BITS-1:0] leaked = rounded[STATE_BITS-1:0];
      wire signed [STATE_BITS-1:0] left =
          !late ? leaked : RESET_SUBTRACTS ? leaked - threshold_then : {STATE_BITS{1'b0}};
      wire signed [STATE_BITS-1:0] left_kept = left < LOWEST ? LOWEST : left;

      wire signed [STATE_BITS-1:0] after_spike =
          !(RESET_AT_ONCE && fired) ? kept : RESET_SUBTRACTS ? kept - threshold : {STATE_BITS{1'b0}};
      assign state_written[lane*STATE_BITS +: STATE_BITS] =
          phase == LEAKING ? left_kept + bias_then :
          phase == FIRING ? after_spike : v + w;
    end
  endgenerate

  integer n;
  always @(posedge clk) begin
    done <= 0;
    arrived <= reading;
    arrived_word <= word;
    multiplied <= arrived;
    multiplied_word <= arrived_word;
    if (reading) begin
      word <= last_word ? {WORD_BITS{1'b0}} : word + 1'b1;
      weight_address <= weight_address + 1'b1;
      if (last_word) reading <= 0;
    end
    case (phase)
      IDLE:
        if (start) begin
          phase <= LEAKING;
          forget <= fresh;
          reading <= 1;
        end
      LEAKING:
        if (multiplied && multiplied_word == LAST) begin
          phase <= LOOKING;
          waiting <= spikes_in;
          row <= 0;
        end
      LOOKING: begin
        if (waiting[0]) begin
          phase <= ADDING;
          reading <= 1;
          weight_address <= row;
        end else if (waiting == 0) begin
          phase <= FIRING;
          reading <= 1;
        end
        waiting <= waiting >> 1;
        row <= row + STRIDE;
      end
      ADDING:
        if (arrived && arrived_word == LAST) phase <= LOOKING;
      FIRING:
        if (arrived) begin
          for (n = 0; n < LANES; n = n + 1)
            if (arrived_word * LANES + n < NEURONS) spikes_out[arrived_word * LANES + n] <= fires[n];
          if (arrived_word == LAST) begin
            phase <= IDLE;
            done <= 1;
          end
        end
      default: phase <= IDLE;
    endcase
    if (rst) begin
      phase <= IDLE;
      reading <= 0;
      arrived <= 0;
      multiplied <= 0;
      word <= 0;
      spikes_out <= 0;
    end
  end
endmodule
